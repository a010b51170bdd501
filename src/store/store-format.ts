/**
 * `.mlstore/format.json`: what kind of store this is.
 *
 * Written last when a store is made, so a folder without it is no store yet.
 */

import { Fields } from '../core/json-shape.ts'
import { corrupt, MlstoreError } from '../errors.ts'
import type { FileSystem } from '../ports/file-system.ts'
import type { StoreLayout } from './layout.ts'

/** The format this code reads and writes. */
export const storeFormatVersion = 1

export type StoreFormat = { readonly storeId: string }

/** @throws {MlstoreError} `FORMAT_UNSUPPORTED` for a newer store, `CORRUPT`. */
export function readFormat(fs: FileSystem, layout: StoreLayout): StoreFormat {
  const fields = new Fields(parse(fs, layout.format), layout.format)
  const format = fields.integer('format', 1)
  if (format > storeFormatVersion) {
    throw new MlstoreError(
      'FORMAT_UNSUPPORTED',
      `${layout.directory} has format ${format}; this mlstore reads up to ${storeFormatVersion}.`,
      { hint: 'Install a newer mlstore.' },
    )
  }
  return { storeId: fields.id('storeId') }
}

function parse(fs: FileSystem, path: string): ConstructorParameters<typeof Fields>[0] {
  if (fs.lstat(path) === undefined) {
    throw corrupt(path, 'it is not there; `mlstore init` was interrupted, run it again')
  }
  try {
    return JSON.parse(fs.readFile(path).toString('utf8'))
  } catch (cause) {
    throw corrupt(path, 'it is not JSON', cause)
  }
}
