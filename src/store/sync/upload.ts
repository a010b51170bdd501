/**
 * Sending what the remote lacks of some versions: content first, then recipes and trees (rule P1).
 *
 * Nothing here commits: until a log entry names them, the packs mean nothing to anybody.
 */

import type { Digest } from '../../core/digest.ts'
import type { ProgressTask } from '../../ports/progress.ts'
import type { RemoteRecipeRow } from '../../ports/remote-index.ts'
import type { StoreParts } from '../parts.ts'
import type { KnownObjects } from './known-objects.ts'
import { PackLane, type PackLaneParts } from './pack-lane.ts'
import type { PackSender } from './pack-sender.ts'
import type { PackPurpose } from './remote-pack.ts'
import { ContentUpload } from './upload-content.ts'
import { TreeUpload } from './upload-trees.ts'

export type UploadRequest = {
  readonly known: KnownObjects
  readonly sender: PackSender
  readonly packsAtOnce: number
  readonly progress: ProgressTask
  readonly packBytesMax: number
  readonly signal?: AbortSignal | undefined
}

export type Uploaded = {
  /** Bytes of the content that was sent, before compression. */
  readonly contentBytes: number
  /** Files of several chunks whose recipes were sent. */
  readonly recipes: Iterable<RemoteRecipeRow>
}

/**
 * Uploads what is missing of the trees under `roots`.
 *
 * Afterwards `request.known` has every object of them.
 */
export async function upload(
  parts: StoreParts,
  roots: readonly Digest[],
  request: UploadRequest,
): Promise<Uploaded> {
  const { known, sender, packsAtOnce, packBytesMax } = request
  const { ids, codec } = parts
  const laneParts = { ids, codec, sender, known, packsAtOnce, packBytesMax }
  const content = new ContentUpload(parts, request)
  await inLane(laneParts, 'data', (lane) => content.send(roots, lane))
  const trees = new TreeUpload(parts, { ...request, ...content.found })
  await inLane(laneParts, 'tree', (lane) => trees.send(lane))
  return { contentBytes: content.sentBytes, recipes: trees.recipes() }
}

/** Runs `work` with a lane of its own, and waits until all that is in it has arrived. */
export async function inLane<Result>(
  parts: PackLaneParts,
  purpose: PackPurpose,
  work: (lane: PackLane) => Promise<Result>,
): Promise<Result> {
  const lane = new PackLane(parts, purpose)
  try {
    const result = await work(lane)
    await lane.end()
    return result
  } catch (error) {
    await lane.abort()
    throw error
  }
}
