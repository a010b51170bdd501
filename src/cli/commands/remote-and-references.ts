/** `[REMOTE] [REF]...`: remote names have no `/`, references always do. */

import { invalidArgument } from '../../errors.ts'

export type RemoteAndReferences = {
  readonly remote: string | undefined
  readonly references: readonly string[]
}

/**
 * Tells a remote, which may be left out, from the references after it.
 *
 * @throws {MlstoreError} `INVALID_ARGUMENT` for a later word that is no reference.
 */
export function remoteAndReferences(
  first: string | undefined,
  rest: readonly string[],
): RemoteAndReferences {
  const named = first !== undefined && !first.includes('/')
  const references = named || first === undefined ? rest : [first, ...rest]
  const wrong = references.find((word) => !word.includes('/'))
  if (wrong !== undefined) {
    throw invalidArgument(
      `${JSON.stringify(wrong)} is no reference.`,
      'The remote comes first, then references: type/name[@X].',
    )
  }
  return { remote: named ? first : undefined, references }
}
