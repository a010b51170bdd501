/** `cat`: the bytes of one file of a version. */

import { parseReference } from '../core/reference.ts'
import { lookupPath } from '../core/tree/lookup.ts'
import { type PathEntry, walkTree } from '../core/tree/walk.ts'
import { invalidArgument, notFound } from '../errors.ts'
import type { VersionRow } from '../catalog/version-row.ts'
import { everyPath, selectPaths } from '../worktree/path-selection.ts'
import { ensureLocal } from './ensure-local.ts'
import { nodeSource } from './node-source.ts'
import type { StoreParts } from './parts.ts'
import type { WorkOptions } from './requests.ts'
import { resolveReference } from './resolve.ts'

/**
 * Yields the file's bytes, fetching just that file when it is not here.
 *
 * Each piece was verified; whether the whole file is right is known when the iteration ends well.
 */
export async function* cat(
  parts: StoreParts,
  text: string,
  { signal }: WorkOptions = {},
): AsyncGenerator<Uint8Array> {
  await parts.codec.open()
  const reference = parseReference(text)
  const version = resolveReference(parts, reference)
  if (reference.path === undefined && version.shape === 'tree') {
    const whole = text.replace(/:$/, '')
    throw invalidArgument(`${whole} is a folder.`, `Name a file in it: ${whole}:PATH.`)
  }
  const selection = reference.path === undefined ? everyPath : selectPaths([reference.path])
  await ensureLocal(parts, version, selection, signal)
  const found = entryAt(parts, version, reference.path)
  if (found === undefined)
    throw notFound(`${text}: no such file.`, `\`mlstore ls -r\` lists the files.`)
  const { entry } = found
  if (entry.kind === 'file') yield* parts.objects.readFile(entry.digest, { signal })
  else throw invalidArgument(`${text} is a ${entry.kind}, not a file.`)
}

function entryAt(
  parts: StoreParts,
  version: VersionRow,
  path: string | undefined,
): PathEntry | undefined {
  const source = nodeSource(parts)
  const { root } = version
  if (path === undefined) {
    const [only] = walkTree(source, root)
    return only
  }
  const entry = lookupPath(source, root, path)
  return entry && { path, entry }
}
