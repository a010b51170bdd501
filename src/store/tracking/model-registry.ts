/**
 * The model registry as a server writes it: models by name, versions by number, aliases and stages.
 *
 * A registered version is a version of the artifact `model/NAME` like any other; its number is a
 * claim in the series of that name. So what a client registers, `mlstore log model/NAME` shows, and
 * a version that somebody adds gets a number when the registry is next asked for it.
 */

import assert from 'node:assert/strict'

import type { Digest } from '../../core/digest.ts'
import type { EventFields } from '../../core/events/event.ts'
import { formatTagTarget, type TagTarget } from '../../core/events/tag-target.ts'
import { type AliasName, type ArtifactName, parseKey } from '../../core/names.ts'
import { MlstoreError, notFound } from '../../errors.ts'
import type { StoreParts } from '../parts.ts'
import type { CommitQueue } from './commit-queue.ts'
import { withModelContent } from './model-content.ts'
import { aliasMove, newVersion, numberClaim } from './model-events.ts'
import { renamedModel } from './rename-model.ts'
import {
  descriptionTag,
  modelArtifacts,
  registeredModel,
  registeredTag,
  registeredVersion,
  registeredVersions,
  stageTag,
  subjectOf,
  versionRows,
} from './registered-models.ts'
import type {
  ModelNotes,
  NewRegisteredVersion,
  RegisteredModel,
  RegisteredVersion,
  Texts,
} from './registry-results.ts'
import { tagFields } from './tag-fields.ts'

/** One after the other: each looks at the numbers and names that the ones before it took. */
const subject = 'models'

export class ModelRegistry {
  readonly #parts: StoreParts
  readonly #queue: CommitQueue

  /** @internal Use `Tracking.registry`. */
  constructor(parts: StoreParts, queue: CommitQueue) {
    this.#parts = parts
    this.#queue = queue
  }

  /** All models, by name. */
  models(): RegisteredModel[] {
    this.#parts.catchUp()
    return modelArtifacts(this.#parts).flatMap(
      (artifact) => registeredModel(this.#parts, artifact) ?? [],
    )
  }

  model(artifact: ArtifactName): RegisteredModel | undefined {
    this.#parts.catchUp()
    return registeredModel(this.#parts, artifact)
  }

  /** Versions of all models that have numbers. */
  versions(): RegisteredVersion[] {
    this.#parts.catchUp()
    return modelArtifacts(this.#parts).flatMap((each) => registeredVersions(this.#parts, each))
  }

  version(artifact: ArtifactName, number: number): RegisteredVersion | undefined {
    this.#parts.catchUp()
    return registeredVersion(this.#parts, artifact, number)
  }

  versionByAlias(artifact: ArtifactName, alias: string): RegisteredVersion | undefined {
    this.#parts.catchUp()
    const to = this.#parts.catalog.aliases.head(artifact, alias)?.to
    return registeredVersions(this.#parts, artifact).find(({ id }) => id === to)
  }

  /** Gives numbers to versions that have none, the oldest first: of one model, or of all. */
  async numberVersions(artifact?: ArtifactName): Promise<void> {
    this.#parts.catchUp()
    const models = artifact === undefined ? modelArtifacts(this.#parts) : [artifact]
    const isNeeded = models.some((each) => versionRows(this.#parts, each).others.length > 0)
    if (!isNeeded) return
    await this.#queue.commit(subject, () => models.flatMap((each) => this.#claims(each)))
  }

  /**
   * Says that there is a model, before it has versions.
   *
   * @throws {MlstoreError} `LABEL_TAKEN` if there is one of that name.
   */
  async create(
    artifact: ArtifactName,
    { description, tags = new Map() }: ModelNotes = {},
  ): Promise<RegisteredModel> {
    checkKeys(tags)
    const target = `artifact:${artifact}`
    await this.#queue.commit(subject, () => {
      this.#refuseTaken(artifact)
      const registeredAt = this.#parts.clock.now().toISOString()
      const notes = new Map([...tags, [registeredTag, registeredAt]])
      if (description) notes.set(descriptionTag, description)
      return tagFields(target, notes)
    })
    return this.#require(artifact)
  }

  /**
   * Makes a version of what a run or another version holds.
   *
   * @throws {MlstoreError} `NOT_FOUND` if there is no such model, or nothing at the source;
   * `OBJECT_MISSING` if bytes of it are neither here nor on a remote.
   */
  async register(artifact: ArtifactName, wanted: NewRegisteredVersion): Promise<RegisteredVersion> {
    this.#require(artifact)
    checkKeys(wanted.tags)
    return withModelContent(this.#parts, wanted.from, async (content) => {
      let number = 0
      await this.#queue.commit(subject, () => {
        this.#require(artifact)
        content.publish()
        number = this.#parts.catalog.numbers.next(artifact)
        return newVersion(this.#parts, { ...wanted, artifact, number, content })
      })
      const made = this.version(artifact, number)
      assert(made !== undefined, 'what was appended is in the catalog')
      return made
    })
  }

  /**
   * Gives a model another name: its versions are made again under that, with their numbers, tags
   * and aliases, and those of the old name are removed. No bytes are copied.
   *
   * @throws {MlstoreError} `NOT_FOUND`; `LABEL_TAKEN` if there is a model of the new name.
   */
  async rename(from: ArtifactName, to: ArtifactName): Promise<RegisteredModel> {
    await this.#queue.commit(subject, () => {
      this.#require(from)
      this.#refuseTaken(to)
      return [...renamedModel(this.#parts, from, to), ...this.#removal(from)]
    })
    return this.#require(to)
  }

  /** Removes a model with all of its versions, aliases and tags. */
  async remove(artifact: ArtifactName): Promise<void> {
    await this.#queue.commit(subject, () => {
      this.#require(artifact)
      return this.#removal(artifact)
    })
  }

  /** Removes a version and the aliases that point at it. */
  async removeVersion({ id, artifact, aliases }: RegisteredVersion): Promise<void> {
    await this.#queue.commit(subject, () => [
      ...aliases.flatMap((alias) => this.#aliasMove(artifact, alias, null)),
      { type: 'version.remove', version: id },
    ])
  }

  /** @param value `null` takes the tag away. */
  async tag(target: TagTarget, key: string, value: string | null): Promise<void> {
    parseKey('tag', key)
    await this.#queue.commit(subject, () => tagFields(formatTagTarget(target), [[key, value]]))
  }

  /** @param text Empty: none. */
  async describe(target: TagTarget, text: string): Promise<void> {
    await this.tag(target, descriptionTag, text === '' ? null : text)
  }

  /** Moves a version to a stage; with `archived`, others that are there go to that one. */
  async setStage(
    { id, artifact }: RegisteredVersion,
    stage: string,
    archived?: string,
  ): Promise<void> {
    await this.#queue.commit(subject, () => {
      const others = registeredVersions(this.#parts, artifact).filter(
        (each) => archived !== undefined && each.id !== id && each.stage === stage,
      )
      return [
        ...tagFields(subjectOf(id), [[stageTag, stage]]),
        ...others.flatMap((each) => tagFields(subjectOf(each.id), [[stageTag, archived ?? null]])),
      ]
    })
  }

  /** Points an alias at a version; `null` takes it away. */
  async setAlias(artifact: ArtifactName, alias: AliasName, to: Digest | null): Promise<void> {
    await this.#queue.commit(subject, () => this.#aliasMove(artifact, alias, to))
  }

  #claims(artifact: ArtifactName): EventFields[] {
    const { others } = versionRows(this.#parts, artifact)
    const first = this.#parts.catalog.numbers.next(artifact)
    return others.toReversed().map(({ id }, i) => numberClaim(artifact, first + i, id))
  }

  #removal(artifact: ArtifactName): EventFields[] {
    const { aliases, tags, versions } = this.#parts.catalog
    const keys = [...tags.of({ kind: 'artifact', artifact }).keys()]
    return [
      ...aliases.list(artifact).flatMap(({ alias }) => this.#aliasMove(artifact, alias, null)),
      ...versions
        .list(artifact)
        .map(({ id }): EventFields => ({ type: 'version.remove', version: id })),
      ...tagFields(
        `artifact:${artifact}`,
        keys.map((key) => [key, null]),
      ),
    ]
  }

  #aliasMove(artifact: ArtifactName, name: string, to: Digest | null): EventFields[] {
    return aliasMove(this.#parts, { artifact, name, to })
  }

  #refuseTaken(artifact: ArtifactName): void {
    if (registeredModel(this.#parts, artifact) === undefined) return
    throw new MlstoreError('LABEL_TAKEN', `There is a model ${artifact} already.`, {
      hint: 'Choose another name.',
    })
  }

  #require(artifact: ArtifactName): RegisteredModel {
    const model = this.model(artifact)
    if (model === undefined) throw notFound(`There is no model ${artifact} here.`)
    return model
  }
}

function checkKeys(tags: Texts = new Map()): void {
  for (const key of tags.keys()) parseKey('tag', key)
}
