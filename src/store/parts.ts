/**
 * The parts a use case works with. `open.ts` puts them together; tests may do so otherwise.
 *
 * What can change while a store is open (settings, the default remote, what other processes
 * write) is asked for when it is needed and not kept.
 */

import type { JournalPayload } from '../core/events/journal-record.ts'
import type { Catalog } from '../catalog/catalog.ts'
import type { ObjectStore } from '../objects/object-store.ts'
import type { Temporaries } from '../objects/temporary.ts'
import type { Clock, IdSource } from '../ports/clock.ts'
import type { ExternalFolder } from '../ports/external-folder.ts'
import type { FileSystem } from '../ports/file-system.ts'
import type { Machine } from '../ports/machine.ts'
import type { Progress } from '../ports/progress.ts'
import type { Capabilities, Remote } from '../ports/remote.ts'
import type { Repository } from '../worktree/repository.ts'
import type { ConfiguredRemote, StoreConfig } from './config.ts'
import type { DeferredCodec } from './deferred-codec.ts'
import type { StoreLayout } from './layout.ts'

/** Whom events and versions name. */
export type Identity = {
  readonly user: string
  readonly host: string
  /** Name and version of this program. */
  readonly tool: string
}

/** A remote that is open, and what was asked of it since. */
export type OpenRemote = {
  readonly remote: Remote
  stats(): { readonly requests: number; readonly bytesSent: number; readonly bytesReceived: number }
  /** Finds out what the remote can do; its requests count apart. */
  probe(signal?: AbortSignal): Promise<Capabilities>
}

/** What the holder of the writer lock may do. */
export type WriteScope = {
  /** Makes the records durable in the journal and applies them to the catalog. */
  append(payloads: readonly JournalPayload[]): void
}

export type StoreParts = {
  readonly layout: StoreLayout
  readonly storeId: string
  /** The folder around `.mlstore` that holds `mlstore.lock` and `mlstore.json`. */
  readonly repository: Repository
  readonly fs: FileSystem
  readonly objects: ObjectStore
  readonly catalog: Catalog
  /** Must be opened before frames that may be compressed are read or written. */
  readonly codec: DeferredCodec
  readonly clock: Clock
  readonly ids: IdSource
  readonly identity: Identity
  readonly progress: Progress
  /** Working directory that relative paths start from. */
  readonly cwd: string
  /** Variables of the environment: only those that a use case names are looked at. */
  readonly env: Readonly<Record<string, string | undefined>>
  /** The computer and the process that this runs in. */
  readonly machine: Machine
  /** Settings and remotes as the files say now. */
  readonly config: () => StoreConfig
  readonly openRemote: (remote: ConfiguredRemote) => Promise<OpenRemote>
  /** Opens a place with objects of the user, for reading; its URI is the URL of the settings. */
  readonly openExternal: (remote: ConfiguredRemote) => Promise<ExternalFolder>
  readonly durableWrite: (path: string, bytes: Uint8Array) => void
  /** Names what is unfinished by this process, so that others can tell when it is dead. */
  readonly temporaries: Temporaries
  /**
   * Brings the catalog up to what other handles and processes wrote since. `Store` calls it
   * before each use case; it costs two looks at the journal when there is nothing new.
   */
  readonly catchUp: () => void
  /**
   * Deletes a catalog that is damaged beyond emptying it; the next use of `catalog` makes an empty
   * one. The caller holds the writer lock.
   */
  readonly discardCatalog: () => void
  /**
   * Runs `work` as the only writer of the store, with the catalog caught up.
   *
   * @throws {MlstoreError} `STORE_LOCKED` after the time-out.
   */
  readonly write: <Result>(
    work: (scope: WriteScope) => Result | Promise<Result>,
    signal?: AbortSignal,
  ) => Promise<Result>
  /** Runs `work` while holding the lock that the file at `path` stands for. */
  readonly withLock: <Result>(
    path: string,
    work: () => Promise<Result>,
    signal?: AbortSignal,
  ) => Promise<Result>
}

/** Parts of which the half that handles files is loaded when it is asked for. */
export type LoadableParts = StoreParts & { readonly loadFiles: () => Promise<void> }
