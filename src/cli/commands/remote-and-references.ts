/** `[REMOTE] [REF]...`: references have a `/` or begin with `run:`, remote names do neither. */

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
  const named = first !== undefined && !isReference(first)
  const references = named || first === undefined ? rest : [first, ...rest]
  const wrong = references.find((word) => !isReference(word))
  if (wrong !== undefined) {
    throw invalidArgument(
      `${JSON.stringify(wrong)} is no reference.`,
      'The remote comes first, then references: type/name[@X] or run:ID.',
    )
  }
  return { remote: named ? first : undefined, references }
}

function isReference(word: string): boolean {
  return word.includes('/') || word.startsWith('run:')
}
