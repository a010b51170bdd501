/**
 * The hash of a run's arguments, as WaBucketRef makes aliases of it: the same arguments give the
 * same alias, in Python and here.
 *
 * It is the SHA-256 of `k=v` pairs, joined by spaces, as Python writes values and sorts keys. The
 * text is ambiguous where a value holds ` b=2`; another text would be another hash, so that stays.
 */

import { type UserObject, type UserValue } from './canonical-json.ts'
import { type Digest, digestOf } from './digest.ts'
import { pythonStr } from './python-text.ts'

/** Takes the place of an alias: the hash of the run's arguments. */
export const runConfigAlias = '!run-config-hash'

/**
 * Hash of the arguments of a run.
 *
 * Keys that start with `_` are left out, and dashes at the ends of keys. JavaScript has one kind of
 * number: a whole one is an `int` of Python, and one that is meant as a `float` is given as text,
 * `'1.0'`.
 */
export function runConfigHash(config: UserObject): Digest {
  return digestOf(Buffer.from(runConfigText(config), 'utf8'))
}

/** What is hashed: `epochs=3 lr=0.1`. */
export function runConfigText(config: UserObject): string {
  const named = new Map(
    Object.entries(config).map(([key, value]) => [key.replaceAll(/^-+|-+$/g, ''), value]),
  )
  return [...named]
    .filter(([key]) => !key.startsWith('_'))
    .sort(([a], [b]) => compareAsPython(a, b))
    .map(([key, value]: readonly [string, UserValue]) => `${key}=${pythonStr(value)}`)
    .join(' ')
}

/** By code points, which is the order of the bytes in UTF-8. */
function compareAsPython(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a, 'utf8'), Buffer.from(b, 'utf8'))
}
