/** The bytes of attributes: from here, else from a remote that has the version. */

import { foldersOf } from '../../core/model-versions/attribute-paths.ts'
import { MlstoreError } from '../../errors.ts'
import type { PathSelection } from '../../worktree/path-selection.ts'
import { ensureLocal } from '../ensure-local.ts'
import type { StoreParts } from '../parts.ts'
import { staysElsewhere } from '../runs/run-files.ts'
import type { Attribute } from './requests.ts'
import type { ModelParts } from './sessions.ts'
import { successorsOf } from './successors.ts'

/** Bytes of one, verified. */
export async function* readAttribute(
  parts: StoreParts,
  of: ModelParts,
  { id, attribute }: { readonly id: string; readonly attribute: Attribute },
): AsyncGenerator<Uint8Array> {
  await bringAttributes(parts, of, { id, attributes: [attribute] })
  yield* parts.objects.readFile(attribute.digest)
}

/**
 * Fetches what is not here.
 *
 * @throws {MlstoreError} `OBJECT_MISSING`, naming the path and the computer, for what was kept on
 * another one; or when no remote has the bytes.
 */
export async function bringAttributes(
  parts: StoreParts,
  { artifact }: ModelParts,
  { id, attributes }: { readonly id: string; readonly attributes: readonly Attribute[] },
): Promise<void> {
  await parts.codec.open()
  const isMissing = ({ digest }: Attribute): boolean => !parts.objects.has(digest)
  const missing = attributes.filter(isMissing)
  const elsewhere = missing.find(({ localTo }) => localTo !== null)
  if (elsewhere !== undefined) throw staysElsewhere(elsewhere.path, elsewhere.localTo ?? '')
  const [head] = successorsOf(parts, artifact, id)?.heads ?? []
  if (missing.length === 0) return
  if (head !== undefined) {
    await ensureLocal(parts, head, only(missing.map(({ path }) => path)), undefined)
  }
  const still = missing.find(isMissing)
  if (still === undefined) return
  throw new MlstoreError('OBJECT_MISSING', `${still.path} of ${id} was not pushed yet.`, {
    hint: 'Where it is being made, call `stop()`; then try again.',
    details: { path: still.path },
  })
}

/** Just these files, however many: each path is looked up, none is compared with all others. */
function only(paths: readonly string[]): PathSelection {
  const files = new Set(paths)
  const folders = new Set(paths.flatMap(foldersOf))
  return {
    includes: (path) => files.has(path),
    mayBeIn: (directory) => directory === '' || folders.has(directory),
    mayBeBetween: () => true,
  }
}
