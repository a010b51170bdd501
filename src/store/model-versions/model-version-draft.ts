/**
 * ModelVersionDraft: one model version that this process looks at, or adds to.
 *
 * What is put into it is durable after `flush` and becomes part of the version with `seal`, all at
 * once; a draft that is left unsealed can be opened again by its id. What was sealed never changes:
 * sealing a draft of such a version makes its successor (successors.ts).
 */

import {
  attributeOfFile,
  isExcluded,
  parseAttributePath,
} from '../../core/model-versions/attribute-paths.ts'
import type { TreeFile } from '../../core/tree/build.ts'
import { invalidArgument, MlstoreError, notFound } from '../../errors.ts'
import type { AddedFile } from '../../objects/object-writer.ts'
import { IgnoreRules } from '../../worktree/ignore-rules.ts'
import type { StoreParts } from '../parts.ts'
import { realTarget } from '../paths.ts'
import type { DraftFile } from '../runs/draft-files.ts'
import { draftFile, fileAt } from '../runs/read-files.ts'
import type { Run } from '../runs/run.ts'
import { treeFileOf } from '../runs/seal-files.ts'
import { lookIntoFolder, sourceAt } from '../user-path.ts'
import type { Attributes } from './attributes.ts'
import { readAttribute } from './read-attribute.ts'
import { contentFile } from './content.ts'
import type {
  Attribute,
  AttributeContent,
  PushedModelVersion,
  PutFolderOptions,
  PutFolderResult,
  PutOptions,
  SealedModelVersion,
} from './requests.ts'
import type { ModelParts } from './sessions.ts'
import type { WriteOptions } from './requests.ts'

/** What `openModelVersion` found. */
type OpenedModelVersion = {
  readonly of: ModelParts
  readonly id: string
  readonly attributes: Attributes
  /** The run to write into, which may have to be begun; `undefined`: it is only looked at. */
  readonly begin: (() => Promise<Run>) | undefined
}

export class ModelVersionDraft implements AsyncDisposable {
  readonly #parts: StoreParts
  readonly #of: ModelParts
  readonly #attributes: Attributes
  readonly #begin: (() => Promise<Run>) | undefined
  /** Begun by the first write: who only looks leaves nothing behind. */
  #run: Promise<Run> | undefined
  #id: string
  #isSealed = false

  /** @internal Use `Store.openModelVersion`. */
  constructor(parts: StoreParts, { of, id, attributes, begin }: OpenedModelVersion) {
    this.#parts = parts
    this.#of = of
    this.#id = id
    this.#attributes = attributes
    this.#begin = begin
  }

  /** `TES-TEST-101`; that of a new version is provisional until it is pushed. */
  get id(): string {
    return this.#id
  }

  /** `model/onclusive/test/TES-TEST`. */
  get artifact(): string {
    return this.#of.artifact
  }

  /** By path; only what is at a path or below it. */
  list(path = ''): Attribute[] {
    return this.#attributes.list(path)
  }

  /** @throws {MlstoreError} `NOT_FOUND` */
  get(path: string): Attribute {
    const found = this.#attributes.get(path)
    if (found !== undefined) return found
    const isNamespace = this.#attributes.list(path).length > 0
    throw notFound(
      `${this.#id} has no attribute ${JSON.stringify(path)}.`,
      isNamespace ? 'It is a namespace: download it as a folder.' : undefined,
    )
  }

  /** Puts a file of the disk at a path, in place of what is there. */
  async putFile(file: string, path: string, options: PutOptions = {}): Promise<void> {
    await this.#put(draftFile(this.#parts, file, path), options)
  }

  /** The same for bytes, a `Blob` or a stream, in bounded memory. */
  async putContent(
    content: AttributeContent,
    path: string,
    options: PutOptions = {},
  ): Promise<void> {
    await this.#put(contentFile(content, path), options)
  }

  /**
   * Puts the files of a folder below a namespace; links are left out and told of.
   *
   * @throws {MlstoreError} `NOT_FOUND` if there is nothing in it.
   */
  async putFolder(
    folder: string,
    namespace: string,
    { exclude = [], ...options }: PutFolderOptions = {},
  ): Promise<PutFolderResult> {
    const source = sourceAt(this.#parts.fs, realTarget(this.#parts, folder), folder)
    if (!source.isFolder) throw invalidArgument(`${folder} is a file.`, 'Upload it as one.')
    const look = { rules: IgnoreRules.none() }
    const taken = { files: 0, sizeBytes: 0 }
    const links: string[] = []
    let entries = 0
    for await (const batch of lookIntoFolder(this.#parts, source.path, look).entries) {
      entries += batch.length
      for (const entry of batch) {
        if (isExcluded(entry.path, exclude)) continue
        if (entry.kind === 'link') links.push(entry.path)
        if (entry.kind !== 'file') continue
        const path = attributeOfFile(namespace, entry.path)
        const added = await this.#put(
          fileAt(this.#parts, `${source.path}/${entry.path}`, path),
          options,
        )
        taken.files += 1
        taken.sizeBytes += added.sizeBytes
      }
    }
    if (entries === 0) throw notFound(`There is nothing in ${folder}.`)
    return { ...taken, links }
  }

  /** Bytes of an attribute, verified; fetched when they are not here. */
  async *read(path: string): AsyncGenerator<Uint8Array> {
    yield* readAttribute(this.#parts, this.#of, { id: this.#id, attribute: this.get(path) })
  }

  /** Writes an attribute out as a file. @returns Its absolute path. */
  async writeFile(path: string, target: string, options: WriteOptions = {}): Promise<string> {
    const attribute = this.get(path)
    await this.#bring([attribute])
    const { writeFileOut } = await import('./write-out.ts')
    return writeFileOut(this.#parts, treeFile(attribute), target, options)
  }

  /** Writes what is below a namespace out as a folder. @returns Its absolute path. */
  async writeFolder(
    namespace: string,
    target: string,
    options: WriteOptions = {},
  ): Promise<string> {
    const below = this.#attributes.below(namespace)
    await this.#bring(below.map(({ attribute }) => attribute))
    const files = below.map(({ attribute, file }) => ({ ...treeFile(attribute), path: file }))
    const { writeFolderOut } = await import('./write-out.ts')
    return writeFolderOut(this.#parts, files, target, options)
  }

  /**
   * Takes an attribute away, or all below a path; durable when it resolves.
   *
   * @returns Their paths.
   * @throws {MlstoreError} `NOT_FOUND`
   */
  async remove(path: string): Promise<string[]> {
    const run = await this.#growing()
    const paths = this.#attributes.list(path).map((attribute) => attribute.path)
    if (paths.length === 0) throw notFound(`There is nothing at ${JSON.stringify(path)}.`)
    await run.dropFiles(paths)
    for (const each of paths) this.#attributes.delete(each)
    return paths
  }

  /** Makes everything durable that was put before the call. */
  async flush(): Promise<void> {
    await (await this.#run)?.flush()
  }

  /** Makes a version of what there is; durable when it resolves. Nothing is sent. */
  async seal(): Promise<SealedModelVersion> {
    const { sealedBefore, sealModelVersion } = await import('./seal.ts')
    this.#checkWritable()
    const unchanged =
      this.#run === undefined ? await sealedBefore(this.#parts, this.#of, this.#id) : undefined
    if (unchanged !== undefined) return unchanged
    const sealed = await sealModelVersion(this.#parts, this.#of, await this.#session())
    this.#id = sealed.id
    this.#isSealed = true
    return sealed
  }

  /** Sends a version that was sealed; where somebody else was first, both are brought together. */
  async push(sealed: SealedModelVersion, remote: string): Promise<PushedModelVersion> {
    const { pushModelVersion } = await import('./push.ts')
    this.#checkWritable()
    const run = (await this.#run)?.id
    const pushed = await pushModelVersion(this.#parts, this.#of, { sealed, run, remote })
    this.#id = pushed.id
    return pushed
  }

  /** Leaves it: what was put is durable, and the draft can be opened again. */
  async [Symbol.asyncDispose](): Promise<void> {
    await (await this.#run)?.[Symbol.asyncDispose]()
  }

  async #put(file: DraftFile, { local = false }: PutOptions): Promise<AddedFile> {
    const run = await this.#growing()
    const path = parseAttributePath(file.path)
    this.#attributes.checkFree(path)
    const localTo = local ? this.#parts.identity.host : null
    const added = await run.keepFile({
      ...file,
      path,
      ...(localTo === null ? {} : { local: localTo }),
    })
    const { digest, sizeBytes } = added
    this.#attributes.set({ path, digest, sizeBytes, executable: file.exec ?? false, localTo })
    return added
  }

  /** Makes the bytes present, published ones and those that wait to be. */
  async #bring(attributes: readonly Attribute[]): Promise<void> {
    await this.flush()
    const { bringAttributes } = await import('./read-attribute.ts')
    await bringAttributes(this.#parts, this.#of, { id: this.#id, attributes })
  }

  #growing(): Promise<Run> {
    this.#checkWritable()
    if (!this.#isSealed) return this.#session()
    throw new MlstoreError('REFUSED', `${this.#id} was sealed.`, {
      hint: 'Open it again to add to it.',
    })
  }

  #session(): Promise<Run> {
    this.#run ??= this.#checkWritable()().catch((error: unknown) => {
      // It can be tried again.
      this.#run = undefined
      throw error
    })
    return this.#run
  }

  #checkWritable(): () => Promise<Run> {
    if (this.#begin !== undefined) return this.#begin
    throw new MlstoreError('REFUSED', `${this.#id} was opened to be looked at only.`, {
      hint: 'Open it without read-only.',
    })
  }
}

function treeFile({ path, digest, sizeBytes, executable: isExecutable }: Attribute): TreeFile {
  return treeFileOf({ path, digest, sizeBytes, isExecutable })
}
