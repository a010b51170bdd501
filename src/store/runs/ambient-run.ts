/** The run that a command is part of: the one that MLSTORE_RUN_ID names. */

import { isId } from '../../core/ids.ts'
import { notFound } from '../../errors.ts'
import type { StoreParts } from '../parts.ts'

/** Set by `run exec`; whoever logs from a script may set it, too. */
export const runVariable = 'MLSTORE_RUN_ID'

/**
 * Id of that run; `undefined` outside of runs.
 *
 * @throws {MlstoreError} `NOT_FOUND` if this store has no such run: what is done would be
 * recorded nowhere, and nobody would know.
 */
export function ambientRun({
  env,
  catalog,
}: Pick<StoreParts, 'env' | 'catalog'>): string | undefined {
  const id = env[runVariable]?.trim().toLowerCase()
  if (id === undefined || id === '') return undefined
  const isKnown = isId(id) && catalog.runs.get(id) !== undefined
  if (isKnown) return id
  throw notFound(
    `${runVariable} names run ${JSON.stringify(id)}, which is not in this store.`,
    `Unset ${runVariable} for what is not part of that run, or use the store it is in.`,
  )
}
