/** What callers ask of model versions, and what they are answered. */

import type { Digest } from '../../core/digest.ts'

export type ModelVersionRequest = {
  /** `workspace/project`. */
  readonly project: string
  /** `TES-TEST`. */
  readonly model: string
  /** `TES-TEST-101`. Default: a new version, with the next number. */
  readonly id?: string | undefined
  /** Only looks: nothing is started for it. Needs an `id`. Default: false. */
  readonly readOnly?: boolean | undefined
}

/** A file of a model version, by its path. */
export type Attribute = {
  readonly path: string
  readonly sizeBytes: number
  readonly digest: Digest
  readonly executable: boolean
  /** Name of the computer that alone has the bytes; `null` for what travels. */
  readonly localTo: string | null
}

export type PutOptions = {
  /** Keeps the bytes on this computer: they are never pushed. Default: false. */
  readonly local?: boolean | undefined
}

export type PutFolderOptions = PutOptions & {
  /** Leaves out files and folders whose names begin so. Default: none. */
  readonly exclude?: readonly string[] | undefined
}

/** Content for an attribute: bytes, a `Blob`, or a stream that is read once. */
export type AttributeContent =
  | Uint8Array
  | AsyncIterable<Uint8Array>
  | { readonly stream: () => AsyncIterable<Uint8Array> }

export type PutFolderResult = {
  readonly files: number
  /** Of the files, in bytes. */
  readonly sizeBytes: number
  /** Links in the folder, which are no files: not taken. */
  readonly links: readonly string[]
}

export type SealedModelVersion = {
  /** What it is called now: another push may have had the number it was given first. */
  readonly id: string
  readonly artifact: string
  readonly version: Digest
  /** Attributes that travel. */
  readonly files: number
  readonly sizeBytes: number
  /** Attributes that stay on a computer. */
  readonly localFiles: number
  /** Nothing was changed: this is the version that was there. */
  readonly unchanged: boolean
}

export type PushedModelVersion = SealedModelVersion & {
  /** What the id was before, if somebody else pushed it first; else `null`. */
  readonly renumberedFrom: string | null
  readonly remote: string
  /** Over the wire. */
  readonly bytesSent: number
  /** Whether somebody else had changed it meanwhile, so that both were brought together. */
  readonly merged: boolean
}

export type WriteOptions = {
  /** Replaces files that are there. Default: false. */
  readonly overwrite?: boolean | undefined
  readonly signal?: AbortSignal | undefined
}
