/** Versions of what DVC keeps: one of each content that a path ever had. */

import { posix } from 'node:path'

import type { Digest } from '../../core/digest.ts'
import { foreignArtifact, foreignLabel } from '../../core/foreign-names.ts'
import { isJsonObject } from '../../core/canonical-json.ts'
import { type ArtifactName, parseLabel } from '../../core/names.ts'
import { generatedLabel } from '../../core/reference.ts'
import type { TreeFile } from '../../core/tree/build.ts'
import { encodeVersionRecord, type VersionRecord } from '../../core/version-record.ts'
import { isMlstoreError } from '../../errors.ts'
import { type CheckedBytes, readFolderList } from '../../foreign/dvc/content.ts'
import type { DvcOutput } from '../../foreign/dvc/outputs.ts'
import type { DvcContent } from './dvc-content.ts'
import type { ImportSession, TakenFile } from './session.ts'

/** Where an output was found. */
export type Moment = {
  /** Commit that has it; `undefined`: only the working tree does. */
  readonly commit: string | undefined
  /** ISO 8601. */
  readonly at: string
}

const generatedPattern = /^\d{4}(-\d\d){5}(-\d+)?$/

export class DvcVersions {
  readonly #session: ImportSession
  readonly #content: DvcContent
  readonly #type: string
  /** Versions here, by path and md5; `undefined` for what could not be had. */
  readonly #versions = new Map<string, Digest | undefined>()
  readonly #taken = new Map<string, TakenFile>()
  /** Versions and labels that got one another in this import. */
  readonly #labelled = new Set<string>()

  constructor(session: ImportSession, content: DvcContent, type: string) {
    this.#session = session
    this.#content = content
    this.#type = type
  }

  /** Makes the versions of what one commit names, what others were made from first. */
  async addAll(outputs: readonly DvcOutput[], moment: Moment): Promise<void> {
    const waiting = new Map(outputs.map((output) => [keyOf(output), output]))
    const add = async (output: DvcOutput): Promise<void> => {
      if (!waiting.delete(keyOf(output))) return
      for (const input of output.inputs) {
        const made = waiting.get(keyOf(input))
        if (made !== undefined) await add(made)
      }
      await this.#add(output, moment)
    }
    for (const output of outputs) await add(output)
  }

  /** Labels versions with the first tag that has them. */
  labelAll(outputs: readonly DvcOutput[], tag: string): void {
    const { labels, versions } = this.#session.parts.catalog
    const label = foreignLabel(tag)
    for (const output of outputs) {
      const version = this.#versions.get(keyOf(output))
      const artifact = this.#artifact(output)
      const given = version === undefined ? undefined : labels.of(version)
      const isNamed = given !== undefined && !generatedPattern.test(given)
      const name = `${artifact}@${label}`
      if (version === undefined || isNamed || this.#labelled.has(version)) continue
      if (this.#labelled.has(name) || versions.byLabel(artifact, label).length > 0) continue
      this.#labelled.add(name).add(version)
      this.#session.say({ type: 'label.claim', artifact, label, version, generated: false })
    }
  }

  async #add(output: DvcOutput, moment: Moment): Promise<void> {
    const key = keyOf(output)
    if (this.#versions.has(key)) return
    const known = this.#known(output)
    if (known !== undefined) {
      this.#versions.set(key, known)
      return
    }
    try {
      this.#versions.set(key, await this.#make(output, moment))
    } catch (error) {
      const isDamaged = isMlstoreError(error, 'DIGEST_MISMATCH') || isMlstoreError(error, 'CORRUPT')
      if (!isDamaged) throw error
      this.#versions.set(key, undefined)
      this.#session.note(`${titleOf(output)} was left out: ${error.message}.`)
    }
    await this.#session.settle()
  }

  /** The version that an earlier import made of it. */
  #known(output: DvcOutput): Digest | undefined {
    const rows = this.#session.parts.catalog.versions.list(this.#artifact(output), {
      removed: true,
    })
    const found = rows.find(({ record }) => {
      const said = record.meta?.['dvc']
      return isJsonObject(said) && said['md5'] === output.md5 && said['path'] === output.path
    })
    return found?.id
  }

  async #make(output: DvcOutput, moment: Moment): Promise<Digest | undefined> {
    const files = output.isFolder ? await this.#folder(output) : await this.#file(output)
    if (files === undefined) return undefined
    const artifact = this.#artifact(output)
    const tree = this.#session.buildTree(files)
    const { path, md5, stage } = output
    const { commit, at } = moment
    const inputs = output.inputs.flatMap((input) => this.#versions.get(keyOf(input)) ?? [])
    const record: VersionRecord = {
      artifact,
      createdAt: at,
      files: tree.files,
      inputs: [...new Set(inputs)].map((version) => ({ role: 'input', version })),
      meta: { dvc: { path, md5, ...(stage && { stage }), ...(commit && { commit }) } },
      root: tree.root,
      shape: output.isFolder ? 'tree' : 'file',
      size: tree.size,
      ...(commit === undefined ? {} : { code: { commit } }),
    }
    const { id: version } = encodeVersionRecord(record)
    this.#session.say({ type: 'version.add', version, record })
    const label = parseLabel(generatedLabel(new Date(at)))
    this.#session.say({ type: 'label.claim', artifact, label, version, generated: true })
    return version
  }

  async #file(output: DvcOutput): Promise<TreeFile[] | undefined> {
    const { path, md5, isLegacy } = output
    const taken = await this.#take({ md5, isLegacy }, path)
    if (taken === undefined) return this.#missing(output, path)
    return [treeFile(posix.basename(path), taken)]
  }

  async #folder(output: DvcOutput): Promise<TreeFile[] | undefined> {
    const { path: folder, md5, isLegacy } = output
    const list = await this.#content.open({ md5, isLegacy, isFolder: true })
    if (list === undefined) return this.#missing(output, folder)
    const files: TreeFile[] = []
    for (const entry of readFolderList(await whole(list), `${folder} in DVC's cache`)) {
      const path = posix.join(folder, entry.path)
      const taken = await this.#take({ md5: entry.md5, isLegacy }, path)
      if (taken === undefined) return this.#missing(output, path)
      files.push(treeFile(entry.path, taken))
    }
    return files
  }

  async #take(
    name: { readonly md5: string; readonly isLegacy: boolean },
    path: string,
  ): Promise<TakenFile | undefined> {
    const known = this.#taken.get(name.md5)
    if (known !== undefined && this.#session.keep(known.digest)) return known
    const bytes = await this.#content.open(name, path)
    if (bytes === undefined) return undefined
    const taken = await this.#session.takeBytes(bytes)
    this.#taken.set(name.md5, taken)
    return taken
  }

  #missing(output: DvcOutput, path: string): undefined {
    this.#session.note(
      `${titleOf(output)} was left out: ${path} is neither in DVC's cache nor on its remote. ` +
        'Run `dvc fetch --all-commits`, and import again.',
    )
  }

  #artifact({ path }: DvcOutput): ArtifactName {
    return foreignArtifact(this.#type, path)
  }
}

function keyOf({ path, md5 }: { readonly path: string; readonly md5: string }): string {
  return `${md5} ${path}`
}

function titleOf({ path, md5 }: DvcOutput): string {
  return `${path} (md5 ${md5})`
}

function treeFile(path: string, { digest, sizeBytes, exec }: TakenFile): TreeFile {
  return { kind: 'file', path, digest, size: sizeBytes, exec }
}

async function whole(bytes: CheckedBytes): Promise<Uint8Array> {
  if (bytes instanceof Uint8Array) return bytes
  const pieces: Uint8Array[] = []
  for await (const piece of bytes) pieces.push(piece)
  return Buffer.concat(pieces)
}
