/**
 * Opening stores: the one place that chooses and wires the parts.
 *
 * What most commands do not need (the compressor, the S3 client) is loaded when it is first used.
 */

import { join, resolve } from 'node:path'

import { isMlstoreError, MlstoreError } from '../errors.ts'
import { NodeFileSystem } from '../objects/node-file-system.ts'
import type { ExternalFolder } from '../ports/external-folder.ts'
import type { FileSystem } from '../ports/file-system.ts'
import { type Progress, silentProgress } from '../ports/progress.ts'
import type { FindSavedKeys } from '../remotes/s3/credentials.ts'
import { type ConfiguredRemote, findSharedRemotes, sharedConfigName } from './config.ts'
import type { Environment } from './environment.ts'
import { findStore } from './layout.ts'
import type { Accounts } from './login/accounts.ts'
import { OpenedParts } from './opened-parts.ts'
import type { OpenRemote } from './parts.ts'
import type { CloneRequest } from './requests.ts'
import type { CloneResult, InitResult } from './results.ts'
import { Store } from './store.ts'
import { systemEnvironment } from './system-environment.ts'

export type OpenOptions = {
  /** Where to look for the store, upward. Default: the environment's working directory. */
  readonly cwd?: string | undefined
  /** The folder that holds `.mlstore`, or that folder itself. Default: found upward from `cwd`. */
  readonly storeDirectory?: string | undefined
  /**
   * Makes the store where there is none but `mlstore.json` names remotes, as after `git clone`.
   * Default: false.
   */
  readonly createBesideConfig?: boolean | undefined
  /** Default: that of this process. */
  readonly environment?: Environment | undefined
  /** Default: nobody is told. */
  readonly progress?: Progress | undefined
}

/**
 * Opens a store.
 *
 * A damaged catalog is told by the first use (`CORRUPT`), so that `reindex` can mend it.
 *
 * @throws {MlstoreError} `STORE_MISSING`, `FORMAT_UNSUPPORTED`, `CORRUPT`.
 */
export async function openStore(options: OpenOptions = {}): Promise<Store> {
  const environment = options.environment ?? systemEnvironment()
  const cwd = resolve(environment.cwd, options.cwd ?? '')
  const fs = new NodeFileSystem()
  const directory = await findOrMakeStore(fs, cwd, environment, options)
  const parts = new OpenedParts({
    fs,
    directory: fs.realPath(directory),
    environment,
    cwd,
    progress: options.progress ?? silentProgress,
    openRemote: (remote) => openConfigured(remote, environment),
    openExternal: (remote) => openExternalFolder(remote, environment),
  })
  if (lacksCatalog(parts) && !parts.catalog.isInMemory) await makeCatalog(parts)
  return new Store(parts, async () => parts.close())
}

/**
 * Absolute path of the `.mlstore` that `openStore` would open.
 *
 * @throws {MlstoreError} `STORE_MISSING`
 */
export function findStoreDirectory(
  options: Pick<OpenOptions, 'cwd' | 'storeDirectory' | 'environment'> = {},
): string {
  const { cwd } = options.environment ?? systemEnvironment()
  return storeDirectoryOf(
    new NodeFileSystem(),
    resolve(cwd, options.cwd ?? ''),
    options.storeDirectory,
  )
}

/** Deleted, or left behind when the store was copied: writers index the packs that are there. */
function lacksCatalog({ fs, layout }: OpenedParts): boolean {
  if (fs.lstat(layout.catalog) !== undefined) return false
  return fs.lstat(layout.packs) !== undefined && fs.readDirectory(layout.packs).length > 0
}

/** A damaged journal must keep nobody from opening the store and repairing it. */
async function makeCatalog(parts: OpenedParts): Promise<void> {
  try {
    await parts.write(() => undefined)
  } catch (error) {
    if (!isMlstoreError(error, 'CORRUPT')) throw error
  }
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
  const { init } = await import('./init.ts')
  return init(new NodeFileSystem(), resolve(environment.cwd, directory), environment)
}

/**
 * Makes a store with the remote `origin` and fetches its log; with `all` the bytes too.
 *
 * @throws {MlstoreError} `NOT_FOUND` when the remote holds no repository: then nothing is made.
 * `INVALID_ARGUMENT` when the store that is there has another `origin`.
 */
export async function cloneStore(
  request: CloneRequest,
  environment: Environment = systemEnvironment(),
): Promise<CloneResult> {
  const { clone } = await import('./clone.ts')
  const doors = {
    environment,
    openRemote: (remote: ConfiguredRemote) => openConfigured(remote, environment),
    initStore: (directory: string) => initStore(directory, environment),
    openStore: (options: OpenOptions) => openStore({ ...options, environment }),
  }
  return clone(doors, request)
}

/** The servers that the user is logged in to. Nothing is read or asked yet. */
export async function openAccounts(
  environment: Environment = systemEnvironment(),
): Promise<Accounts> {
  const { openAccounts: open } = await import('./login/open-accounts.ts')
  return open(environment)
}

/** The S3 client is half of what mlstore loads, so it waits until a remote is really opened. */
async function openConfigured(
  remote: ConfiguredRemote,
  environment: Environment,
): Promise<OpenRemote> {
  const { openRemote } = await import('../remotes/open-remote.ts')
  const { CountingRemote } = await import('../remotes/counting.ts')
  const { env, clock, ids, remoteSchemes: schemes } = environment
  const saved = savedKeys(environment)
  const inner = await openRemote(remote.settings, {
    name: remote.name,
    env,
    clock,
    ids,
    schemes,
    saved,
  })
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

/** What `mlstore login` saved for an endpoint. */
function savedKeys(environment: Environment): FindSavedKeys {
  return async (endpointUrl) => {
    const { savedKeysFor } = await import('./login/saved-keys.ts')
    return savedKeysFor(environment, endpointUrl)
  }
}

async function openExternalFolder(
  { name, settings }: ConfiguredRemote,
  environment: Environment,
): Promise<ExternalFolder> {
  const { openExternal } = await import('../remotes/open-external.ts')
  const { env, clock, ids } = environment
  return openExternal(settings, { name, env, clock, ids, saved: savedKeys(environment) })
}

async function findOrMakeStore(
  fs: FileSystem,
  cwd: string,
  environment: Environment,
  options: OpenOptions,
): Promise<string> {
  try {
    return storeDirectoryOf(fs, cwd, options.storeDirectory)
  } catch (error) {
    if (!isMlstoreError(error, 'STORE_MISSING')) throw error
    const home = options.storeDirectory === undefined ? findSharedRemotes(fs, cwd) : undefined
    if (home === undefined) throw error
    if (options.createBesideConfig !== true) throw notPulledYet(error)
    return (await initStore(home, environment)).store
  }
}

/** After a `git clone`: the remotes are there, the store is not. */
function notPulledYet({ message }: MlstoreError): MlstoreError {
  return new MlstoreError('STORE_MISSING', message, {
    hint: `${sharedConfigName} names the remotes: \`mlstore pull\` makes the store and brings the data.`,
  })
}

function storeDirectoryOf(fs: FileSystem, cwd: string, given: string | undefined): string {
  if (given === undefined) return findStore(fs, cwd)
  const path = resolve(cwd, given)
  const isItself = fs.lstat(join(path, 'format.json')) !== undefined
  return isItself ? path : findStore(fs, path)
}
