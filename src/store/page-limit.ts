/** How many rows a caller wants on a page. */

import { invalidArgument } from '../errors.ts'

/** @throws {MlstoreError} `INVALID_ARGUMENT` unless it is a whole number from 1 on, or not given. */
export function pageLimit(limit: number | undefined): number | undefined {
  if (limit === undefined || (Number.isSafeInteger(limit) && limit > 0)) return limit
  throw invalidArgument(`A page has at least one row; a limit of ${limit} cannot be kept.`)
}
