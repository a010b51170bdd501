/**
 * ModelVersion: a version of a model in a registry, as users of Neptune and of Onclusive's
 * `TrackedModelVersion` know it, on a store.
 *
 * Attributes are files by path. They grow in a draft that is durable and can be gone on with, and
 * `stop` makes a version of them and pushes it. docs/cli.md has nothing of its own for it: what it
 * makes is the version `model/WORKSPACE/PROJECT/MODEL@ID`, for `get`, `ls`, `cat` and the others.
 */

import {
  hiddenPrefixes,
  parseAttributePath,
  parseNamespace,
} from '../../core/model-versions/attribute-paths.ts'
import { parseModelName } from '../../core/model-versions/names.ts'
import { invalidArgument, MlstoreError, notFound } from '../../errors.ts'
import type {
  Attribute,
  AttributeContent,
  PutOptions,
  SealedModelVersion,
} from '../../store/model-versions/requests.ts'
import { StoreAccess } from '../store-access.ts'
import { type ConfigObject, configText, parseConfig } from './config-json.ts'
import {
  type DownloadOptions,
  type ModelVersionMode,
  modelVersionModes,
  type ModelVersionOptions,
  type StoppedModelVersion,
  type UploadDirectoryOptions,
  type UploadOptions,
} from './options.ts'
import { checkCard, openSession, publish, type Session, stoppedAs } from './session.ts'
import {
  backendOfEnvironment,
  type BackendSettings,
  backendSettings,
  checkedBackend,
  type Said,
} from './settings.ts'
import { UploadQueue } from './upload-queue.ts'

/** Stands for an id in the mode that has none. */
const debugId = 'debug'

export class ModelVersion implements AsyncDisposable {
  readonly mode: ModelVersionMode
  readonly #options: ModelVersionOptions
  readonly #access: StoreAccess
  readonly #queue = new UploadQueue()
  readonly #ofEnvironment: Said<BackendSettings>
  /** What `configureS3StorageBackend` said, the last call first. */
  #configured: readonly Said<BackendSettings>[] = []
  #session: Promise<Session> | undefined
  #sealed: SealedModelVersion | undefined
  #stopped: StoppedModelVersion | undefined

  /**
   * Reads the settings of the environment; the store is opened by the first use.
   *
   * @throws {MlstoreError} `INVALID_ARGUMENT` for a mode there is none of, a project without a
   * workspace, a new version to be read only, and settings that cannot be.
   */
  constructor(options: ModelVersionOptions) {
    const { project, model, mode = 'async', withId } = options
    parseModelName(project, model)
    if (!modelVersionModes.includes(mode)) {
      throw invalidArgument(
        `There is no mode ${JSON.stringify(mode)}.`,
        `There is: ${modelVersionModes.join(', ')}.`,
      )
    }
    if (mode === 'read-only' && withId === undefined) {
      throw invalidArgument('A new model version cannot be read-only.', 'Name one with `withId`.')
    }
    this.mode = mode
    this.#options = { ...options, mode }
    this.#access = new StoreAccess(options)
    this.#ofEnvironment = backendOfEnvironment(this.#access.environment.env)
  }

  /** `TES-TEST-101`. That of a new one is provisional until `stop` has pushed it. */
  async id(): Promise<string> {
    if (this.mode === 'debug') return this.#options.withId ?? debugId
    return this.#stopped?.id ?? (await this.#open()).draft.id
  }

  /** The artifact that has the versions of the model: `model/onclusive/test/TES-TEST`. */
  async artifact(): Promise<string> {
    return (await this.#open()).draft.artifact
  }

  /**
   * Changes where attributes go, for this instance only; what is left out stays as it is.
   *
   * Bucket and prefix select the remote that `stop` pushes to; `useS3Backend` holds for the uploads
   * that follow.
   *
   * @throws {MlstoreError} `INVALID_ARGUMENT` for a prefix with a slash at an end.
   */
  configureS3StorageBackend(settings: Said<BackendSettings>): void {
    this.#configured = [checkedBackend(settings), ...this.#configured]
  }

  /** Where attributes of this instance go, as things are now. */
  async backend(): Promise<BackendSettings> {
    return this.#backendOf(this.mode === 'debug' ? {} : (await this.#open()).backend)
  }

  /**
   * Uploads a file of the disk, or bytes, a `Blob` or a stream, as one attribute, in place of what
   * is there. In the mode `async` it resolves when the upload has begun: do not change the bytes
   * before `wait` or `stop`.
   *
   * @param file A path, or the content itself.
   */
  async uploadFile(
    file: string | AttributeContent,
    attributePath: string,
    options: UploadOptions = {},
  ): Promise<void> {
    const path = parseAttributePath(attributePath)
    await this.#upload('uploadFile', path, options, async ({ draft }, put) => {
      if (typeof file === 'string') await draft.putFile(file, path, put)
      else await draft.putContent(file, path, put)
    })
  }

  /**
   * Uploads the files of a folder: `weights/a.bin` becomes `ATTRIBUTE_PATH/weights/a.bin`. Links
   * are left out, with a warning.
   *
   * @param attributePath `''` puts them at the top.
   */
  async uploadDirectory(
    directory: string,
    attributePath: string,
    { exclude = hiddenPrefixes, ...options }: UploadDirectoryOptions = {},
  ): Promise<void> {
    const namespace = parseNamespace(attributePath)
    await this.#upload('uploadDirectory', namespace, options, async ({ draft, logger }, put) => {
      const { links } = await draft.putFolder(directory, namespace, { ...put, exclude })
      if (links.length === 0) return
      logger.say('WARNING', 'uploadDirectory', `Links were left out: ${links.join(', ')}.`)
    })
  }

  /**
   * Uploads a plain object as JSON, as it is at the call.
   *
   * @throws {MlstoreError} `INVALID_ARGUMENT` for what JSON cannot say, naming the place.
   */
  async uploadConfig(
    config: ConfigObject,
    attributePath: string,
    options: UploadOptions = {},
  ): Promise<void> {
    const path = parseAttributePath(attributePath)
    const bytes = Buffer.from(configText(config))
    await this.#upload('uploadConfig', path, options, ({ draft }, put) => {
      return draft.putContent(bytes, path, put)
    })
  }

  /**
   * Downloads an attribute as a file.
   *
   * @param localPath By the name it shall have.
   * @returns Its absolute path.
   * @throws {MlstoreError} `NOT_FOUND`; `WORKING_TREE_CHANGED` if something is there;
   * `OBJECT_MISSING`, naming the computer, if it was kept on another one.
   */
  async downloadFile(
    attributePath: string,
    localPath: string,
    options: DownloadOptions = {},
  ): Promise<string> {
    const { draft } = await this.#read('downloadFile', attributePath)
    return draft.writeFile(parseAttributePath(attributePath), localPath, options)
  }

  /**
   * Downloads what is below a path as a folder; a path matches whole names only. Files that the
   * folder has beside them stay.
   *
   * @param attributePath `''` is all there is.
   * @returns Its absolute path.
   * @throws {MlstoreError} As `downloadFile`; then nothing was written.
   */
  async downloadDirectory(
    attributePath: string,
    localDirectory: string,
    options: DownloadOptions = {},
  ): Promise<string> {
    const { draft } = await this.#read('downloadDirectory', attributePath)
    return draft.writeFolder(parseNamespace(attributePath), localDirectory, options)
  }

  /** Gives a config back as the object it was. Nothing is written to the disk for it. */
  async downloadConfig(attributePath: string): Promise<ConfigObject> {
    const { draft } = await this.#read('downloadConfig', attributePath)
    const pieces: Uint8Array[] = []
    for await (const piece of draft.read(parseAttributePath(attributePath))) pieces.push(piece)
    return parseConfig(Buffer.concat(pieces).toString('utf8'), attributePath)
  }

  /** Bytes of an attribute, verified. */
  async *readAttribute(attributePath: string): AsyncGenerator<Uint8Array> {
    const { draft } = await this.#read('readAttribute', attributePath)
    yield* draft.read(parseAttributePath(attributePath))
  }

  /** Attributes by path; with a namespace only those in it. */
  async listAttributes(namespace = ''): Promise<Attribute[]> {
    if (this.mode === 'debug') return []
    const { draft } = await this.#open()
    await this.#queue.wait()
    return draft.list(parseNamespace(namespace))
  }

  /**
   * Deletes an attribute, or a namespace with all in it; durable when it resolves.
   *
   * @returns The paths that went.
   * @throws {MlstoreError} `NOT_FOUND`
   */
  async deleteAttribute(attributePath: string): Promise<string[]> {
    const path = parseAttributePath(attributePath)
    if (this.mode === 'debug') return []
    this.#checkWritable()
    const { draft } = await this.#open()
    await this.#queue.wait()
    const hadFailed = this.#queue.forget(path)
    return hadFailed && draft.list(path).length === 0 ? [] : draft.remove(path)
  }

  /**
   * Waits until everything that was uploaded is durable.
   *
   * @throws {MlstoreError} What the first upload failed with that was not made good.
   */
  async wait(): Promise<void> {
    if (this.#session === undefined) return
    const { draft } = await this.#session
    await this.#queue.settle()
    await draft.flush()
  }

  /**
   * Makes a version of the attributes, pushes it (not in the mode `offline`) and closes. Again, it
   * changes nothing; if it failed, it goes on where it stopped.
   *
   * @throws {MlstoreError} What an upload failed with; `REFUSED` if a card is required and missing:
   * then nothing was sealed. What a push fails with: then the version is here, and `stop` or
   * `mlstore push` sends it.
   */
  async stop(): Promise<StoppedModelVersion> {
    if (this.#stopped !== undefined) return this.#stopped
    const stopped = await this.#stop()
    this.#stopped = stopped
    await this.close()
    return stopped
  }

  /** Leaves without making a version: the draft stays, and `withId` goes on with it. */
  async close(): Promise<void> {
    const session = this.#session
    this.#session = undefined
    if (session !== undefined) {
      await this.#queue.wait()
      const { draft } = await session
      await draft[Symbol.asyncDispose]()
    }
    await this.#access.close()
  }

  /** As `close`: a scope that ends early makes no version. `stop` is its last statement. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #stop(): Promise<StoppedModelVersion> {
    const nothing = { version: null, files: 0, localFiles: 0, remote: null, renumberedFrom: null }
    if (this.mode === 'debug') return { ...nothing, id: await this.id() }
    const session = await this.#open()
    if (this.mode === 'read-only') return { ...nothing, id: session.draft.id }
    await this.#queue.settle()
    if (this.#sealed === undefined) {
      checkCard(session, this.#options.requireCard ?? false)
      this.#sealed = await session.draft.seal()
    }
    if (this.mode === 'offline') return stoppedAs(this.#sealed)
    return publish(session, this.#sealed, this.#backendOf(session.backend))
  }

  /** Does an upload as the mode wants it. */
  async #upload(
    method: string,
    path: string,
    { useS3 }: UploadOptions,
    work: (session: Session, put: PutOptions) => Promise<void>,
  ): Promise<void> {
    this.#checkWritable()
    if (this.mode === 'debug') return
    const session = await this.#open()
    const local = !(useS3 ?? this.#backendOf(session.backend).useS3Backend)
    const upload = async (): Promise<void> => {
      await work(session, { local })
      const where = local ? 'stays on this computer' : 'was uploaded'
      session.logger.say('INFO', method, `${path === '' ? 'A folder' : path} ${where}.`)
    }
    if (this.mode === 'async') return this.#queue.add(path, upload)
    await this.#queue.run(upload)
    await session.draft.flush()
  }

  async #read(method: string, path: string): Promise<Session> {
    if (this.mode === 'debug') {
      throw notFound(`${method}: in the mode debug nothing is stored, so ${path} is not there.`)
    }
    const session = await this.#open()
    await this.#queue.wait()
    return session
  }

  #open(): Promise<Session> {
    if (this.mode === 'debug') {
      return Promise.reject(invalidArgument('In the mode debug there is no store.'))
    }
    if (this.#stopped !== undefined) return Promise.reject(this.#hasStopped(this.#stopped))
    this.#session ??= openSession(this.#access, this.#options, this.#backendOf).catch(
      (error: unknown) => {
        // It can be tried again.
        this.#session = undefined
        throw error
      },
    )
    return this.#session
  }

  readonly #backendOf = (config: Said<BackendSettings>): BackendSettings =>
    backendSettings(...this.#configured, this.#ofEnvironment, config)

  #hasStopped({ id }: StoppedModelVersion): MlstoreError {
    return new MlstoreError('REFUSED', `${id} was stopped.`, {
      hint: `Open it again: new ModelVersion({ withId: '${id}', … }).`,
    })
  }

  #checkWritable(): void {
    if (this.mode !== 'read-only') return
    throw new MlstoreError('REFUSED', `${this.#options.withId ?? ''} is open read-only.`, {
      hint: 'Open it in the mode async, sync or offline to change it.',
    })
  }
}
