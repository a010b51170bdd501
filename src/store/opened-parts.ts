/**
 * The parts of one opened store.
 *
 * Each is made when it is first asked for: a damaged `index.sqlite` must keep nobody from opening
 * the store and rebuilding it, and most commands need only some of them.
 */

import assert from 'node:assert/strict'

import type { Catalog } from '../catalog/catalog.ts'
import { openCatalog } from '../catalog/open-catalog.ts'
import type { ObjectStore } from '../objects/object-store.ts'
import type { Temporaries } from '../objects/temporary.ts'
import type { Clock, IdSource } from '../ports/clock.ts'
import type { FileSystem } from '../ports/file-system.ts'
import type { Machine } from '../ports/machine.ts'
import type { Progress } from '../ports/progress.ts'
import { findRepositoryRoot, Repository } from '../worktree/repository.ts'
import { catchUpCatalog } from './catch-up-catalog.ts'
import { loadConfig, type StoreConfig } from './config.ts'
import { DeferredCodec } from './deferred-codec.ts'
import type { Environment } from './environment.ts'
import type { FileParts } from './file-parts.ts'
import { layoutOf, type StoreLayout } from './layout.ts'
import type { Identity, StoreParts } from './parts.ts'
import { readFormat } from './store-format.ts'
import { toolVersion } from './tool-version.ts'

export type OpenedWith = {
  readonly fs: FileSystem
  /** Absolute path of `.mlstore`. */
  readonly directory: string
  readonly environment: Environment
  readonly cwd: string
  readonly progress: Progress
  readonly openRemote: StoreParts['openRemote']
  readonly openExternal: StoreParts['openExternal']
}

/** How long a command waits for another that writes, in milliseconds. */
const lockTimeoutMsDefault = 60_000

export class OpenedParts implements StoreParts {
  readonly layout: StoreLayout
  readonly storeId: string
  readonly repository: Repository
  readonly fs: FileSystem
  readonly codec: DeferredCodec = new DeferredCodec()
  readonly clock: Clock
  readonly ids: IdSource
  readonly progress: Progress
  readonly cwd: string
  readonly env: Environment['env']
  readonly openRemote: StoreParts['openRemote']
  readonly openExternal: StoreParts['openExternal']
  readonly #environment: Environment
  #catalog: Catalog | undefined
  #files: FileParts | undefined
  #knowsPacks = false

  /** @throws {MlstoreError} `FORMAT_UNSUPPORTED`, `CORRUPT`. */
  constructor(opened: OpenedWith) {
    const { fs, directory, environment, cwd, progress } = opened
    this.fs = fs
    this.layout = layoutOf(directory)
    this.storeId = readFormat(fs, this.layout).storeId
    this.clock = environment.clock
    this.ids = environment.ids
    this.env = environment.env
    this.#environment = environment
    this.cwd = cwd
    this.progress = progress
    this.openRemote = opened.openRemote
    this.openExternal = opened.openExternal
    const { durableWrite } = this
    this.repository = new Repository({ fs, durableWrite }, findRepositoryRoot(fs, directory))
  }

  get catalog(): Catalog {
    this.#catalog ??= openCatalog(this.layout.catalog)
    return this.#catalog
  }

  get objects(): ObjectStore {
    return this.#loadedFiles.objects
  }

  get temporaries(): Temporaries {
    return this.#loadedFiles.temporaries
  }

  get machine(): Machine {
    return this.#environment.machine ?? this.#loadedFiles.machine
  }

  get identity(): Identity {
    const { user, host } = this.#environment
    const name = this.config().setting('user.name') ?? user
    return { user: name, host, tool: `mlstore/${toolVersion}` }
  }

  readonly config = (): StoreConfig =>
    loadConfig(this.fs, { own: this.layout.config, repository: this.repository.root })

  readonly durableWrite: StoreParts['durableWrite'] = (path, bytes) =>
    this.#loadedFiles.files.write(path, bytes)

  readonly write: StoreParts['write'] = async (work, signal) => {
    await this.loadFiles()
    return this.#loadedFiles.writing.write(work, signal)
  }

  readonly withLock: StoreParts['withLock'] = async (path, work, signal) => {
    await this.loadFiles()
    return this.#loadedFiles.writing.withLock(path, work, signal)
  }

  readonly catchUp = (): void => {
    const { catalog, fs, layout } = this
    catchUpCatalog({ fs, catalog, journal: layout.journal })
    // The remote whose aliases and labels count is the one that the settings call default.
    const name = this.config().defaultRemote()?.name
    catalog.defaultRemote = name === undefined ? undefined : catalog.remotes.byName(name)?.repoId
    if (this.#files !== undefined) this.#findPacks()
  }

  readonly discardCatalog = (): void => {
    this.close()
    const beside = ['-wal', '-shm', '-journal', '']
    for (const suffix of beside) this.fs.removeTree(this.layout.catalog + suffix)
  }

  /** Must be done before objects are asked for, or a file is written outside of `write`. */
  async loadFiles(): Promise<void> {
    if (this.#files !== undefined) return
    const { FileParts } = await import('./file-parts.ts')
    this.#files ??= new FileParts(this, this.#environment, {
      lockOwner: () => `${this.identity.user}@${this.identity.host}`,
      lockTimeoutMs: () => this.config().wholeNumber('lock.timeout-ms') ?? lockTimeoutMsDefault,
    })
  }

  /** Closes files and the catalog. Idempotent; what is asked for later is opened again. */
  close(): void {
    this.#files?.close()
    this.#catalog?.close()
    this.#catalog = undefined
    this.#knowsPacks = false
  }

  get #loadedFiles(): FileParts {
    assert(this.#files !== undefined, 'the use case did not load what handles files')
    return this.#files
  }

  /** A catalog that is new, or a copy in memory, may not know the packs that are there. */
  #findPacks(): void {
    if (this.#knowsPacks) return
    const [known] = this.catalog.objects.packs()
    if (known === undefined || this.catalog.isInMemory) this.objects.adoptUnindexedPacks()
    this.#knowsPacks = true
  }
}
