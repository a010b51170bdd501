/** Which run is meant: the one named, or the one that the process runs in. */

import { invalidArgument } from '../../../errors.ts'

type Variables = Readonly<Record<string, string | undefined>>

/** @throws {MlstoreError} `INVALID_ARGUMENT` if neither the words nor the environment name one. */
export function whichRun(id: string | undefined, env: Variables): string {
  const named = id ?? (env['MLSTORE_RUN_ID'] || undefined)
  if (named !== undefined) return named
  throw invalidArgument(
    'Which run? Neither ID nor MLSTORE_RUN_ID names one.',
    'Start one: export MLSTORE_RUN_ID=$(mlstore run start)',
  )
}
