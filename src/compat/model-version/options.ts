/** What callers of `ModelVersion` say and are answered. */

import type { StoreAccessOptions } from '../store-access.ts'

/**
 * `async`: uploads go on in the background and are pushed by `stop`. `sync`: each is durable when
 * its call returns. `offline`: as `sync`, and nothing is sent. `read-only`: every write is refused.
 * `debug`: nothing is stored, sent or read.
 */
export type ModelVersionMode = 'async' | 'sync' | 'offline' | 'read-only' | 'debug'

export const modelVersionModes: readonly ModelVersionMode[] = [
  'async',
  'sync',
  'offline',
  'read-only',
  'debug',
]

export type ModelVersionOptions = StoreAccessOptions & {
  /** `TES-TEST`. */
  readonly model: string
  /** `workspace/project`. */
  readonly project: string
  /** An existing one: `TES-TEST-101`. Default: a new one, with the next number. */
  readonly withId?: string | undefined
  /** Default: `async`. */
  readonly mode?: ModelVersionMode | undefined
  /** `stop` refuses without an attribute `model/model_card`; else it warns. Default: false. */
  readonly requireCard?: boolean | undefined
}

export type UploadOptions = {
  /** For this call only. Default: the `useS3Backend` of the instance. */
  readonly useS3?: boolean | undefined
}

export type UploadDirectoryOptions = UploadOptions & {
  /**
   * Leaves out files and folders whose names begin so. Default: `__` and `.`; `[]` takes all.
   */
  readonly exclude?: readonly string[] | undefined
}

export type DownloadOptions = {
  /** Replaces files that are there. Default: false, which refuses before anything is written. */
  readonly overwrite?: boolean | undefined
}

export type StoppedModelVersion = {
  /** What it is called: its number is another one if somebody else pushed that first. */
  readonly id: string
  /** Digest of what was sealed; `null` in the modes that seal nothing. */
  readonly version: string | null
  /** Attributes that travel, and those that stay on a computer. */
  readonly files: number
  readonly localFiles: number
  /** Where it was pushed; `null` if it was not. */
  readonly remote: string | null
  /** What it was called before the push, if that changed. */
  readonly renumberedFrom: string | null
}
