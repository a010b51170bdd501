/**
 * Opening stores: the one place that chooses and wires the parts.
 *
 * What most commands do not need (the compressor, the S3 client) is loaded when it is first used.
 */

import { join, resolve } from 'node:path'

import { openCatalog } from '../catalog/open-catalog.ts'
import { notFound } from '../errors.ts'
import { durableWrite } from '../objects/durable-write.ts'
import { NodeFileSystem } from '../objects/node-file-system.ts'
import { ObjectStore } from '../objects/object-store.ts'
import { SystemProcessTable } from '../objects/process-table.ts'
import { Temporaries } from '../objects/temporary.ts'
import type { FileSystem } from '../ports/file-system.ts'
import { type Progress, silentProgress } from '../ports/progress.ts'
import { findRepositoryRoot, Repository } from '../worktree/repository.ts'
import { type ConfiguredRemote, loadConfig, type StoreConfig } from './config.ts'
import { DeferredCodec } from './deferred-codec.ts'
import type { Environment } from './environment.ts'
import { findStore, layoutOf, storeFolderName } from './layout.ts'
import type { OpenRemote, StoreParts } from './parts.ts'
import type { CloneRequest } from './requests.ts'
import type { CloneResult, InitResult } from './results.ts'
import { Store } from './store.ts'
import { createFormat, readFormat } from './store-format.ts'
import { systemEnvironment } from './system-environment.ts'
import { toolVersion } from './tool-version.ts'
import { catchUpCatalog, Writing } from './writing.ts'

export type OpenOptions = {
  /** Where to look for the store, upward. Default: the environment's working directory. */
  readonly cwd?: string | undefined
  /** The folder that holds `.mlstore`, or that folder itself. Default: found upward from `cwd`. */
  readonly storeDirectory?: string | undefined
  /** Default: that of this process. */
  readonly environment?: Environment | undefined
  /** Default: nobody is told. */
  readonly progress?: Progress | undefined
}

/** How long a command waits for another that writes, in milliseconds. */
const lockTimeoutMsDefault = 60_000

/**
 * Opens a store.
 *
 * @throws {MlstoreError} `STORE_MISSING`, `FORMAT_UNSUPPORTED`, `CORRUPT`.
 */
export async function openStore(options: OpenOptions = {}): Promise<Store> {
  const environment = options.environment ?? systemEnvironment()
  const cwd = options.cwd ?? environment.cwd
  const fs = new NodeFileSystem()
  const directory = storeDirectoryOf(fs, cwd, options.storeDirectory)
  return wire(fs, directory, { environment, cwd, progress: options.progress ?? silentProgress })
}

/**
 * Makes a store in a folder, which is made too; a store that is there is left as it is.
 *
 * Inside a git repository, `.mlstore` is put into its `.gitignore`.
 */
export async function initStore(
  directory: string,
  environment: Environment = systemEnvironment(),
): Promise<InitResult> {
  const fs = new NodeFileSystem()
  const layout = layoutOf(join(resolve(environment.cwd, directory), storeFolderName))
  const { storeId, created } = createFormat(durableParts(fs, environment), layout, environment)
  const write = durableWriter(fs, environment)
  const root = findRepositoryRoot(fs, layout.directory)
  const repository = new Repository({ fs, durableWrite: write }, root)
  if (repository.hasGit) repository.addIgnoredPath(storeFolderName)
  return { store: layout.directory, storeId, created }
}

/** Makes a store with the remote `origin` and fetches its log; with `all` the bytes too. */
export async function cloneStore(
  request: CloneRequest,
  environment: Environment = systemEnvironment(),
): Promise<CloneResult> {
  const { settings, singleWriter, all, signal, progress } = request
  const directory = resolve(environment.cwd, request.directory ?? '.')
  const { store: storeDirectory } = await initStore(directory, environment)
  await using store = await openStore({ cwd: directory, storeDirectory, environment, progress })
  const hasOrigin = (await store.listRemotes()).some((remote) => remote.name === 'origin')
  if (!hasOrigin) {
    await store.addRemote({ name: 'origin', settings, singleWriter: singleWriter ?? false })
  }
  const result =
    all === true
      ? await store.pull({ remote: 'origin', all, signal })
      : { ...(await store.fetch({ remote: 'origin', signal })), bytesReceived: 0, files: 0 }
  if (result.seq === 0) throw notFound(`${settings.url} holds no repository.`, 'Check the URL.')
  return { ...result, store: store.directory }
}

type Wiring = {
  readonly environment: Environment
  readonly cwd: string
  readonly progress: Progress
}

async function wire(fs: FileSystem, directory: string, wiring: Wiring): Promise<Store> {
  const { environment, cwd, progress } = wiring
  const { clock, ids } = environment
  const layout = layoutOf(directory)
  const { storeId } = readFormat(fs, layout)
  const durable = durableParts(fs, environment)
  const write = durableWriter(fs, environment)
  const repository = new Repository({ fs, durableWrite: write }, findRepositoryRoot(fs, directory))
  const config = (): StoreConfig =>
    loadConfig(fs, { own: layout.config, repository: repository.root })
  const catalog = openCatalog(layout.catalog)
  const codec = new DeferredCodec()
  const objects = new ObjectStore({
    directory,
    fs,
    index: catalog.objects,
    codec,
    ids,
    temporaries: durable.temporaries,
  })
  const identity = {
    user: config().setting('user.name') ?? environment.user,
    host: environment.host,
    tool: `mlstore/${toolVersion}`,
  }
  const writing = new Writing({
    ...durable,
    layout,
    catalog,
    objects,
    clock,
    ids,
    lockOwner: `${identity.user}@${identity.host}`,
    lockTimeoutMs: () => Number(config().setting('lock.timeout-ms') ?? lockTimeoutMsDefault),
  })
  catchUpCatalog({ fs, layout, catalog })
  const parts: StoreParts = {
    layout,
    storeId,
    repository,
    fs,
    objects,
    catalog,
    codec,
    clock,
    ids,
    identity,
    progress,
    cwd,
    config,
    openRemote: (remote) => openConfigured(remote, environment),
    durableWrite: write,
    write: (work, signal) => writing.write(work, signal),
    withLock: (path, work, signal) => writing.withLock(path, work, signal),
  }
  chooseDefaultRemote(parts)
  return new Store(parts, async () => {
    objects.close()
    catalog.close()
  })
}

/** The remote whose aliases and labels count is the one that the settings call default. */
function chooseDefaultRemote({ catalog, config }: StoreParts): void {
  const name = config().defaultRemote()?.name
  catalog.defaultRemote = name === undefined ? undefined : catalog.remotes.byName(name)?.repoId
}

/** The S3 client is half of what mlstore loads, so it waits until a remote is really opened. */
async function openConfigured(
  remote: ConfiguredRemote,
  environment: Environment,
): Promise<OpenRemote> {
  const { openRemote } = await import('../remotes/open-remote.ts')
  const { CountingRemote } = await import('../remotes/counting.ts')
  const { env, clock, ids } = environment
  const inner = await openRemote(remote.settings, { name: remote.name, env, clock, ids })
  const counting = new CountingRemote(inner)
  return {
    remote: counting,
    stats: () => counting.stats,
    probe: async (signal) => {
      const { probeRemote } = await import('../remotes/probe.ts')
      return probeRemote(inner, { clock, ids }, { signal })
    },
  }
}

function storeDirectoryOf(fs: FileSystem, cwd: string, given: string | undefined): string {
  if (given === undefined) return findStore(fs, cwd)
  const path = resolve(cwd, given)
  const isItself = fs.lstat(join(path, 'format.json')) !== undefined
  return isItself ? path : findStore(fs, path)
}

function durableParts(
  fs: FileSystem,
  { ids, host }: Environment,
): { readonly fs: FileSystem; readonly temporaries: Temporaries } {
  const processes = new SystemProcessTable()
  return { fs, temporaries: new Temporaries({ fs, ids, processes, host, pid: process.pid }) }
}

function durableWriter(
  fs: FileSystem,
  environment: Environment,
): (path: string, bytes: Uint8Array) => void {
  const parts = durableParts(fs, environment)
  return (path, bytes) => durableWrite(parts, path, bytes)
}
