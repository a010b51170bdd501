/**
 * Models of another tool: versions of `model/NAME` with the numbers they have there, and of
 * `logged-model/NAME` for those that a run logged and nobody registered.
 *
 * A record says nothing about who imports or when, so two people who import the same model make
 * one version of it.
 */

import { join } from 'node:path'

import {
  decodeValue,
  encodeValue,
  isJsonObject,
  type UserObject,
} from '../../core/canonical-json.ts'
import type { Digest } from '../../core/digest.ts'
import type { EventFields } from '../../core/events/event.ts'
import {
  foreignAlias,
  foreignArtifact,
  foreignKey,
  foreignLabel,
} from '../../core/foreign-names.ts'
import type { ArtifactName } from '../../core/names.ts'
import type { BuiltTree } from '../../core/tree/build.ts'
import {
  encodeVersionRecord,
  type VersionRecord,
  type VersionShape,
} from '../../core/version-record.ts'
import { filesBelow, isFile, isFolder } from '../../foreign/files.ts'
import type { ForeignModel, ForeignModelName, Texts } from '../../foreign/foreign-run.ts'
import { isoTime, type RunImport, shortened, wellFormed } from './runs.ts'
import { tagsToSay } from './said-before.ts'
import type { ImportSession } from './session.ts'

const stageKey = 'stage'
const role = 'model'

export class ModelImport {
  readonly #session: ImportSession
  readonly #runs: RunImport
  /** Versions here, by `ForeignModel.id`. */
  readonly #versions = new Map<string, Digest>()
  /** Numbers that versions of the source have, or that this import gave to others. */
  readonly #reserved = new Set<string>()

  constructor(session: ImportSession, runs: RunImport) {
    this.#session = session
    this.#runs = runs
  }

  async addAll(models: readonly ForeignModel[]): Promise<void> {
    for (const model of models) this.#reserved.add(`${artifactOf(model)} ${model.number ?? 0}`)
    for (const model of models) await this.#add(model)
  }

  /** After the versions it names. */
  addName({ name, tags, aliases }: ForeignModelName): void {
    const artifact = foreignArtifact('model', name, true)
    if (artifact !== `model/${name}`) {
      this.#session.note(`The model ${JSON.stringify(name)} is ${artifact} here.`)
    }
    const texts = this.#tags(tags)
    this.#sayAll(tagsToSay(this.#session.parts, { kind: 'artifact', artifact }, texts))
    for (const [alias, number] of aliases) this.#moveAlias(artifact, name, { alias, number })
  }

  /** The run read the model. */
  addInput(theirRun: string, model: string): void {
    const version = this.#versions.get(model)
    if (version !== undefined) this.#link(this.#runs.idOf(theirRun), 'input', version)
  }

  async #add(model: ForeignModel): Promise<void> {
    const artifact = artifactOf(model)
    const version = this.#known(artifact, model) ?? (await this.#make(artifact, model))
    if (version === undefined) return
    this.#versions.set(model.id, version)
    const texts = this.#tags(model.tags)
    const tags = model.stage === undefined ? texts : new Map([...texts, [stageKey, model.stage]])
    this.#sayAll(tagsToSay(this.#session.parts, { kind: 'version', version }, tags))
    await this.#session.settle()
  }

  /** The version that an earlier import made of it. */
  #known(artifact: ArtifactName, model: ForeignModel): Digest | undefined {
    const rows = this.#session.parts.catalog.versions.list(artifact, { removed: true })
    const said = JSON.stringify(identityOf(factsOf(model)))
    const createdAt = isoTime(model.createdAt)
    const found = rows.find(({ record }) => {
      return record.createdAt === createdAt && JSON.stringify(identityOf(record.meta)) === said
    })
    return found?.id
  }

  /** `undefined`, and a note, if its bytes are not here. */
  async #make(artifact: ArtifactName, model: ForeignModel): Promise<Digest | undefined> {
    const path = model.paths.find((each) => isFolder(each) || isFile(each))
    if (path === undefined) {
      this.#session.note(
        `${artifact} ${model.number ?? model.id} was left out: ${model.place} is not here. ` +
          'Copy it, give its folder with --artifacts, and import again.',
      )
      return undefined
    }
    const { tree, shape } = await this.#content(path)
    const record = this.#record(artifact, model, { tree, shape })
    const { id: version } = encodeVersionRecord(record)
    this.#session.say({ type: 'version.add', version, record })
    this.#claimLabel(artifact, model, version)
    this.#claimNumber(artifact, model, version)
    if (record.run !== undefined) this.#link(record.run, 'output', version)
    return version
  }

  async #content(
    path: string,
  ): Promise<{ readonly tree: BuiltTree; readonly shape: VersionShape }> {
    const isSingle = isFile(path)
    const files = []
    for (const name of isSingle ? [path.slice(path.lastIndexOf('/') + 1)] : filesBelow(path)) {
      const taken = await this.#session.takeFile(isSingle ? path : join(path, name))
      const { digest, sizeBytes: size, exec } = taken
      files.push({ kind: 'file' as const, path: name, digest, size, exec })
    }
    return { tree: this.#session.buildTree(files), shape: isSingle ? 'file' : 'tree' }
  }

  #record(
    artifact: ArtifactName,
    model: ForeignModel,
    { tree, shape }: { readonly tree: BuiltTree; readonly shape: VersionShape },
  ): VersionRecord {
    const user = model.tags.get('mlflow.user')
    const run = model.run === undefined ? undefined : this.#runs.idOf(model.run)
    return {
      artifact,
      createdAt: isoTime(model.createdAt),
      files: tree.files,
      meta: factsOf(model),
      root: tree.root,
      shape,
      size: tree.size,
      ...(user === undefined ? {} : { by: user }),
      ...(run === undefined ? {} : { run }),
    }
  }

  #claimLabel(artifact: ArtifactName, model: ForeignModel, version: Digest): void {
    const wanted = foreignLabel(model.number === undefined ? model.id : `v${model.number}`)
    const isTaken = this.#session.parts.catalog.versions.byLabel(artifact, wanted).length > 0
    const label = isTaken ? foreignLabel(`${wanted}-${version.slice(0, 7)}`) : wanted
    if (isTaken) this.#session.note(`${artifact}@${wanted} is another version: see @${label}.`)
    this.#session.say({ type: 'label.claim', artifact, label, version, generated: false })
  }

  /** The number it has there; a free one behind all of them if another version has that here. */
  #claimNumber(artifact: ArtifactName, model: ForeignModel, version: Digest): void {
    if (model.number === undefined || model.number < 1) return
    const { numbers } = this.#session.parts.catalog
    let { number } = model
    if (numbers.owner(artifact, number) !== undefined) {
      number = numbers.next(artifact)
      while (this.#reserved.has(`${artifact} ${number}`)) number += 1
      this.#reserved.add(`${artifact} ${number}`)
      this.#session.note(`Version ${model.number} of ${artifact} is number ${number} here.`)
    }
    const subject = `version:${version}`
    this.#session.say({ type: 'number.claim', series: artifact, number, subject })
  }

  #link(run: string, direction: 'input' | 'output', version: Digest): void {
    const isSaid = this.#session.parts.catalog.runLinks
      .of(run)
      .some((link) => link.direction === direction && link.version === version)
    if (!isSaid) this.#session.say({ type: 'run.link', run, direction, version, role })
  }

  #moveAlias(
    artifact: ArtifactName,
    name: string,
    { alias: theirs, number }: { readonly alias: string; readonly number: number },
  ): void {
    const { aliases } = this.#session.parts.catalog
    const to = this.#versions.get(`${name}/${number}`)
    const alias = foreignAlias(theirs)
    if (alias !== theirs) this.#session.note(`The alias ${theirs} of ${artifact} is ${alias} here.`)
    if (to === undefined) {
      this.#session.note(
        `Alias ${alias} of ${artifact} was left out: version ${number} is not here.`,
      )
      return
    }
    const wasThere = aliases.history(artifact, alias).some((move) => move.to === to)
    if (wasThere || aliases.head(artifact, alias)?.to === to) return
    const over = aliases.overForNewMove(artifact, alias)
    this.#session.say({ type: 'alias.move', artifact, alias, to, over, reason: 'import' })
  }

  #tags(tags: Texts): Map<string, string> {
    return new Map(
      [...tags].map(([key, value]) => [foreignKey('tag', key), shortened(wellFormed(value))]),
    )
  }

  #sayAll(all: readonly EventFields[]): void {
    for (const fields of all) this.#session.say(fields)
  }
}

function artifactOf({ kind, name }: ForeignModel): ArtifactName {
  return foreignArtifact(kind === 'registered' ? 'model' : 'logged-model', name, true)
}

/** What the record says of a model. Metadata has no keys that begin with `$`: `%24` stands for it. */
function factsOf({ facts }: ForeignModel): UserObject {
  const value = decodeValue(encodeValue(withoutDollars(facts)))
  return isJsonObject(value) ? value : {}
}

function withoutDollars(value: unknown): unknown {
  if (typeof value === 'string') return shortened(wellFormed(value))
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(withoutDollars)
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [
      wellFormed(key).replace(/^\$/, '%24'),
      withoutDollars(member),
    ]),
  )
}

/** Which model of which store it is, however its state and its metrics change. */
function identityOf(meta: UserObject | undefined): unknown {
  const said = meta?.['mlflow']
  if (!isJsonObject(said)) return null
  return [said['name'] ?? null, said['version'] ?? null, said['modelId'] ?? null]
}
