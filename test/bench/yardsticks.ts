/**
 * What mlstore is held against: plain programs and plain S3 calls that do the same amount of
 * reading, writing and sending, and nothing else. All leave the data on the disk.
 */

import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import { spawn } from 'node:child_process'
import { lstatSync, readdirSync, rmSync } from 'node:fs'
import { type FileHandle, open, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import pLimit from 'p-limit'

import { neutralEnvironment, outcomeOf } from '../support/command.ts'
import type { Bucket } from '../support/s3-place.ts'
import { type BenchPlace, runProgram, syncDisk } from './place.ts'
import type { Work } from './row.ts'

const partBytes = 32 * 1024 ** 2
const partsAtOnce = 4

/** `cp --reflink=never` of a file or a folder, and a sync. */
export function copy(place: BenchPlace, source: string): Work {
  let target = ''
  return {
    prepare: async () => {
      rmSync(target, { recursive: true, force: true })
      target = place.freshPath('copy')
    },
    run: async () => {
      await runProgram('cp', '-r', '--reflink=never', source, target)
      await syncDisk(place.folder)
      return {}
    },
  }
}

/** `lstat` of every file of a folder. */
export function lstatAll(folder: string): Work {
  return {
    run: async () => {
      lstatBelow(folder)
      return {}
    },
  }
}

function lstatBelow(folder: string): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) lstatBelow(path)
    else lstatSync(path)
  }
}

/** A process that does nothing, in the environment that the command gets. */
export function startNode(): Work {
  return {
    run: async () => {
      const options = { env: neutralEnvironment() }
      await outcomeOf(spawn(process.execPath, ['-e', '0'], options))
      return {}
    },
  }
}

/** Packs a folder with tar and puts the archive as one object. */
export function tarAndPut(place: BenchPlace, bucket: Bucket, source: string): Work {
  return {
    run: async () => {
      await putTar(place, bucket, source)
      return {}
    },
  }
}

export const tarKey = 'yardstick/small.tar'

export async function putTar(place: BenchPlace, bucket: Bucket, source: string): Promise<void> {
  const archive = place.freshPath('tar')
  await runProgram('tar', '-cf', archive, '-C', source, '.')
  const body = await readFile(archive)
  await bucket.client.send(new PutObjectCommand({ Bucket: bucket.name, Key: tarKey, Body: body }))
  rmSync(archive)
}

/** Gets the archive of `putTar`, unpacks it, and a sync. */
export function getAndUntar(place: BenchPlace, bucket: Bucket): Work {
  return {
    run: async () => {
      const archive = place.freshPath('tar')
      const object = await bucket.client.send(
        new GetObjectCommand({ Bucket: bucket.name, Key: tarKey }),
      )
      if (object.Body === undefined) throw new Error(`${tarKey} has no body`)
      await writeFile(archive, object.Body.transformToWebStream())
      await runProgram('tar', '-xf', archive, '-C', place.freshFolder('untar'))
      await syncDisk(place.folder)
      return {}
    },
  }
}

export const bigKey = 'yardstick/big.bin'

/** Puts a file in parts, four at a time. */
export function putParts(bucket: Bucket, source: string): Work {
  return {
    run: async () => {
      await putInParts(bucket, source)
      return {}
    },
  }
}

export async function putInParts(bucket: Bucket, source: string): Promise<void> {
  const object = { Bucket: bucket.name, Key: bigKey }
  const { UploadId } = await bucket.client.send(new CreateMultipartUploadCommand(object))
  const file = await open(source)
  const parts = await inParts((await file.stat()).size, async (offset, length, number) => {
    const body = Buffer.allocUnsafe(length)
    await file.read(body, 0, length, offset)
    const part = { ...object, UploadId, PartNumber: number, Body: body }
    const { ETag } = await bucket.client.send(new UploadPartCommand(part))
    return { ETag, PartNumber: number }
  })
  await file.close()
  const complete = { ...object, UploadId, MultipartUpload: { Parts: parts } }
  await bucket.client.send(new CompleteMultipartUploadCommand(complete))
}

/** Gets the object of `putInParts` in ranges, four at a time, into a file, and a sync. */
export function getParts(place: BenchPlace, bucket: Bucket): Work {
  let target = ''
  return {
    prepare: async () => {
      rmSync(target, { force: true })
      target = place.freshPath('raw-get')
    },
    run: async () => {
      const object = { Bucket: bucket.name, Key: bigKey }
      const { ContentLength } = await bucket.client.send(new HeadObjectCommand(object))
      const file = await open(target, 'w')
      await inParts(ContentLength ?? 0, async (offset, length) => {
        const range = { ...object, Range: `bytes=${offset}-${offset + length - 1}` }
        const { Body } = await bucket.client.send(new GetObjectCommand(range))
        await writeAt(file, offset, (await Body?.transformToByteArray()) ?? new Uint8Array())
      })
      await file.close()
      await syncDisk(place.folder)
      return {}
    },
  }
}

async function writeAt(file: FileHandle, offset: number, bytes: Uint8Array): Promise<void> {
  await file.write(bytes, 0, bytes.length, offset)
}

type Part<T> = (offset: number, length: number, number: number) => Promise<T>

function inParts<T>(sizeBytes: number, part: Part<T>): Promise<T[]> {
  const limit = pLimit(partsAtOnce)
  const count = Math.ceil(sizeBytes / partBytes)
  return Promise.all(
    Array.from({ length: count }, (_, i) => {
      const offset = i * partBytes
      return limit(() => part(offset, Math.min(partBytes, sizeBytes - offset), i + 1))
    }),
  )
}
