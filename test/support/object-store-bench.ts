/** An ObjectStore in a folder of its own, with what a test needs to look behind it. */

import { join } from 'node:path'
import type { TestContext } from 'node:test'

import { type Digest, digestOf } from '../../src/core/digest.ts'
import { packEncoding, packKind } from '../../src/core/pack/format.ts'
import { openCodec } from '../../src/objects/compression.ts'
import type { ComputeChoice } from '../../src/objects/compute.ts'
import { NodeFileSystem } from '../../src/objects/node-file-system.ts'
import { ObjectStore } from '../../src/objects/object-store.ts'
import type { ObjectWriter, PublishResult } from '../../src/objects/object-writer.ts'
import { SystemProcessTable } from '../../src/objects/process-table.ts'
import { Temporaries } from '../../src/objects/temporary.ts'
import type { FileSystem } from '../../src/ports/file-system.ts'
import type { ObjectIndex } from '../../src/ports/object-index.ts'
import { MemoryObjectIndex } from './memory-object-index.ts'
import { SequentialIds } from './sequential-ids.ts'
import { temporaryFolder } from './temporary-folder.ts'

export type ObjectStoreBench = {
  readonly store: ObjectStore
  readonly index: ObjectIndex
  readonly fs: FileSystem
  /** The test's own folder; `.mlstore` is in it. */
  readonly folder: string
  readonly directory: string
  /** Another store object over the same folder, as another process has it. */
  reopen(parts?: {
    readonly index?: ObjectIndex
    readonly fs?: FileSystem
    readonly compute?: ComputeChoice
  }): Promise<ObjectStoreBench>
}

export type BenchOptions = {
  readonly fs?: FileSystem
  readonly packSizeBytesMax?: number
  /** Default: everything is computed by the calling thread. */
  readonly compute?: ComputeChoice
}

let opened = 0

/** Opens an empty store. */
export async function objectStoreBench(
  context: Pick<TestContext, 'after'>,
  options: BenchOptions = {},
): Promise<ObjectStoreBench> {
  const folder = temporaryFolder(context)
  const fs = options.fs ?? new NodeFileSystem()
  const index = new MemoryObjectIndex()
  return benchIn(context, folder, { ...options, fs, index })
}

async function benchIn(
  context: Pick<TestContext, 'after'>,
  folder: string,
  options: BenchOptions & { readonly fs: FileSystem; readonly index: ObjectIndex },
): Promise<ObjectStoreBench> {
  const { fs, index, packSizeBytesMax, compute } = options
  opened += 1
  const ids = new SequentialIds(opened.toString(16))
  const processes = new SystemProcessTable()
  const temporaries = new Temporaries({ fs, ids, processes, host: 'test', pid: process.pid })
  const directory = join(folder, '.mlstore')
  const codec = await openCodec()
  const parts = { directory, fs, index, codec, ids, temporaries }
  const store = new ObjectStore({ ...parts, packSizeBytesMax, compute })
  context.after(() => store.close())
  const reopen: ObjectStoreBench['reopen'] = (parts = {}) =>
    benchIn(context, folder, { ...options, ...parts })
  return { store, index, fs, folder, directory, reopen }
}

/** Seals and publishes, and expects nothing to be missing. */
export async function publish(writer: ObjectWriter): Promise<void> {
  const { missing } = await tryPublish(writer)
  if (missing.length > 0) throw new Error(`gone meanwhile: ${missing.join(', ')}`)
}

export async function tryPublish(writer: ObjectWriter): Promise<PublishResult> {
  await writer.seal()
  return writer.publish()
}

/** All the bytes of a file. */
export async function readAll(pieces: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = []
  for await (const piece of pieces) parts.push(piece)
  return Buffer.concat(parts)
}

/** A file in memory as what `addFile` takes. */
export async function* inPieces(
  bytes: Uint8Array,
  pieceBytes = 300_000,
): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes)
}

/** Adds bytes as they come from a remote: as one zstd frame. */
export async function addCompressed(writer: ObjectWriter, bytes: Uint8Array): Promise<Digest> {
  const stored = (await openCodec()).compress(bytes)
  if (stored === undefined) throw new Error('was expected to shrink')
  const digest = digestOf(bytes)
  const { blob: kind } = packKind
  const frame = { digest, kind, encoding: packEncoding.zstd, offset: 0, sizeBytes: bytes.length }
  writer.addFrame({ ...frame, storedBytes: stored.length }, stored)
  return digest
}

/** Names of the files in a folder of the store; none if the folder is not there. */
export function namesIn(bench: ObjectStoreBench, name: string): string[] {
  const path = join(bench.directory, name)
  if (bench.fs.lstat(path) === undefined) return []
  return bench.fs
    .readDirectory(path)
    .map((entry) => entry.name)
    .sort()
}

/** The digest as a path of a loose object. */
export function loosePath(bench: ObjectStoreBench, digest: Digest): string {
  return join(bench.directory, 'objects', digest.slice(0, 2), digest.slice(2))
}
