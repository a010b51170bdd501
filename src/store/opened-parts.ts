/**
 * The parts of one opened store.
 *
 * The catalog and what stands on it are made when they are first asked for, so that a damaged
 * `index.sqlite` keeps nobody from opening the store and rebuilding it.
 */

import type { Catalog } from '../catalog/catalog.ts'
import { openCatalog } from '../catalog/open-catalog.ts'
import { ObjectStore } from '../objects/object-store.ts'
import type { Temporaries } from '../objects/temporary.ts'
import type { Clock, IdSource } from '../ports/clock.ts'
import type { FileSystem } from '../ports/file-system.ts'
import type { Progress } from '../ports/progress.ts'
import { findRepositoryRoot, Repository } from '../worktree/repository.ts'
import { catchUpCatalog } from './catch-up-catalog.ts'
import { loadConfig, type StoreConfig } from './config.ts'
import { DeferredCodec } from './deferred-codec.ts'
import { DurableFiles, temporariesOf } from './durable-files.ts'
import type { Environment } from './environment.ts'
import { layoutOf, type StoreLayout } from './layout.ts'
import type { Identity, StoreParts } from './parts.ts'
import { readFormat } from './store-format.ts'
import { toolVersion } from './tool-version.ts'
import { Writing } from './writing.ts'

export type OpenedWith = {
  readonly fs: FileSystem
  /** Absolute path of `.mlstore`. */
  readonly directory: string
  readonly environment: Environment
  readonly cwd: string
  readonly progress: Progress
  readonly openRemote: StoreParts['openRemote']
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
  readonly temporaries: Temporaries
  readonly openRemote: OpenedWith['openRemote']
  readonly write: StoreParts['write']
  readonly withLock: StoreParts['withLock']
  readonly durableWrite: StoreParts['durableWrite']
  readonly #environment: Environment
  #catalog: Catalog | undefined
  #objects: ObjectStore | undefined
  #knowsPacks = false

  /** @throws {MlstoreError} `FORMAT_UNSUPPORTED`, `CORRUPT`. */
  constructor({ fs, directory, environment, cwd, progress, openRemote }: OpenedWith) {
    this.fs = fs
    this.layout = layoutOf(directory)
    this.storeId = readFormat(fs, this.layout).storeId
    this.clock = environment.clock
    this.ids = environment.ids
    this.#environment = environment
    this.cwd = cwd
    this.progress = progress
    this.openRemote = openRemote
    this.temporaries = temporariesOf(fs, environment)
    const files = new DurableFiles(this)
    this.durableWrite = (path, bytes) => files.write(path, bytes)
    this.repository = new Repository(this, findRepositoryRoot(fs, directory))
    const writing = new Writing(this, {
      lockOwner: () => `${this.identity.user}@${this.identity.host}`,
      lockTimeoutMs: () => this.config().wholeNumber('lock.timeout-ms') ?? lockTimeoutMsDefault,
      sweep: (folder) => files.sweep(folder),
    })
    this.write = (work, signal) => writing.write(work, signal)
    this.withLock = (path, work, signal) => writing.withLock(path, work, signal)
  }

  get catalog(): Catalog {
    this.#catalog ??= openCatalog(this.layout.catalog)
    return this.#catalog
  }

  get objects(): ObjectStore {
    const { fs, codec, ids, temporaries, layout } = this
    const index = this.catalog.objects
    const { directory } = layout
    this.#objects ??= new ObjectStore({ directory, fs, index, codec, ids, temporaries })
    return this.#objects
  }

  get identity(): Identity {
    const { user, host } = this.#environment
    const name = this.config().setting('user.name') ?? user
    return { user: name, host, tool: `mlstore/${toolVersion}` }
  }

  readonly config = (): StoreConfig =>
    loadConfig(this.fs, { own: this.layout.config, repository: this.repository.root })

  readonly catchUp = (): void => {
    const { catalog, fs, layout } = this
    catchUpCatalog({ fs, catalog, journal: layout.journal })
    // Nobody else sees a catalog in memory, so it is completed without the lock.
    if (catalog.isInMemory) this.objects.adoptUnindexedPacks()
    // The remote whose aliases and labels count is the one that the settings call default.
    const name = this.config().defaultRemote()?.name
    catalog.defaultRemote = name === undefined ? undefined : catalog.remotes.byName(name)?.repoId
    this.#findPacks()
  }

  readonly discardCatalog = (): void => {
    this.close()
    const beside = ['-wal', '-shm', '-journal', '']
    for (const suffix of beside) this.fs.removeTree(this.layout.catalog + suffix)
  }

  /** A catalog that is new, or a copy in memory, may not know the packs that are there. */
  #findPacks(): void {
    if (this.#knowsPacks) return
    const [known] = this.catalog.objects.packs()
    if (known === undefined || this.catalog.isInMemory) this.objects.adoptUnindexedPacks()
    this.#knowsPacks = true
  }

  /** Closes files and the catalog. Idempotent; what is asked for later is opened again. */
  close(): void {
    this.#objects?.close()
    this.#catalog?.close()
    this.#objects = undefined
    this.#catalog = undefined
    this.#knowsPacks = false
  }
}
