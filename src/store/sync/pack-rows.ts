/**
 * What a remote pack's index teaches: a row for every object in it, and which recipe makes which
 * file.
 */

import type { PackFooter } from '../../core/pack/footer-reader.ts'
import { packEncoding, packKind } from '../../core/pack/format.ts'
import type { RemoteObjectRow, RemoteRecipeRow } from '../../ports/remote-index.ts'

export type PackRows = {
  readonly rows: readonly RemoteObjectRow[]
  readonly files: readonly RemoteRecipeRow[]
}

/** A locator's frame becomes part of the row of the node in front of it. */
export function rowsOfFooter(footer: PackFooter): PackRows {
  const rows: RemoteObjectRow[] = []
  for (const entry of footer.entries()) {
    const isCompressed = entry.encoding === packEncoding.zstd
    const last = rows.at(-1)
    if (entry.kind !== packKind.locator) {
      const { encoding: _encoding, ...place } = entry
      rows.push({
        ...place,
        packId: footer.packId,
        isCompressed,
        locatorBytes: 0,
        isLocatorCompressed: false,
      })
    } else if (last?.digest === entry.digest) {
      const locator = { locatorBytes: entry.storedBytes, isLocatorCompressed: isCompressed }
      rows[rows.length - 1] = { ...last, ...locator }
    }
  }
  return { rows, files: [...footer.files()] }
}
