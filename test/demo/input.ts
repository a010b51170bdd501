/**
 * The demo's input: a 300 MB checkpoint and a data set of 5,000 files, then a second version of
 * each with small changes. What was written is summed here, so that what comes back can be
 * compared without trusting mlstore.
 */

import { renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'

import {
  type DatasetEdits,
  copyWithInsertion,
  editDataset,
  seededBytes,
  writeCheckpoint,
  writeDataset,
} from '../support/seeded-data.ts'
import { sha256OfFile, treeDigests } from '../support/tree-digests.ts'

export const checkpointBytes = 300_000_000
export const insertedBytes = 1000

const shape = { files: 5000, sizeBytesMin: 1024, sizeBytesMax: 40 * 1024 }

/** SHA-256 of the checkpoint and of every file of the data set. */
export type Sums = { readonly checkpoint: string; readonly reviews: Record<string, string> }

/** Writes `checkpoint.bin` and `reviews/` into a folder; returns the data set's paths. */
export function writeFirstVersion(folder: string): string[] {
  writeCheckpoint(join(folder, 'checkpoint.bin'), 'demo', checkpointBytes)
  return writeDataset(join(folder, 'reviews'), 'demo', shape)
}

/** Inserts bytes in the middle of the checkpoint and edits a few files of the data set. */
export function writeSecondVersion(folder: string, paths: readonly string[]): DatasetEdits {
  const checkpoint = join(folder, 'checkpoint.bin')
  const inserted = seededBytes('demo inserted', insertedBytes)
  copyWithInsertion(checkpoint, `${checkpoint}.new`, checkpointBytes / 2, inserted)
  rmSync(checkpoint)
  renameSync(`${checkpoint}.new`, checkpoint)
  return editDataset(join(folder, 'reviews'), paths, 'demo edits')
}

export function sumsOf(folder: string): Sums {
  return {
    checkpoint: sha256OfFile(join(folder, 'checkpoint.bin')),
    reviews: treeDigests(join(folder, 'reviews')),
  }
}
