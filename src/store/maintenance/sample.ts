/**
 * Which share of the packs or files a check reads in full.
 *
 * The choice follows from the name alone, so that two runs with the same share read the same
 * bytes and a larger share reads all that a smaller one did. Names are hashed: nothing may depend
 * on how their makers chose them.
 */

import { digestOf } from '../../core/digest.ts'
import { invalidArgument } from '../../errors.ts'

export type Sample = {
  /** Whether the thing of this name is read in full. */
  takes(name: string): boolean
}

/**
 * @param percent More than 0, at most 100. Default: 100.
 * @throws {MlstoreError} `INVALID_ARGUMENT` for any other share.
 */
export function sampleOf(percent = 100): Sample {
  if (!(percent > 0 && percent <= 100)) {
    throw invalidArgument(`A sample is a share from above 0 to 100 percent, not ${percent}.`)
  }
  return { takes: (name) => positionOf(name) < percent / 100 }
}

/** A place in [0, 1). */
function positionOf(name: string): number {
  const digest = digestOf(Buffer.from(name, 'utf8'))
  return Number.parseInt(digest.slice(0, 8), 16) / 2 ** 32
}
