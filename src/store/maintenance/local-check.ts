/** What every part of a check of the local store works with. */

import type { DigestSet } from '../../core/digest-set.ts'
import type { ProgressTask } from '../../ports/progress.ts'
import type { IndexedObject } from '../../ports/object-index.ts'
import type { StoreParts } from '../parts.ts'
import type { Findings } from './findings.ts'
import type { PackListing } from './pack-listing.ts'
import type { Sample } from './sample.ts'

export type LocalCheck = {
  readonly parts: StoreParts
  readonly findings: Findings
  readonly sample: Sample
  readonly task: ProgressTask
  readonly signal?: AbortSignal | undefined
  /** Packs from which something cannot be read, by id. */
  readonly damagedPacks: Map<string, DamagedPack>
  /** All that those packs do not give any more, and what packs hold that wait to be indexed. */
  readonly unreadable: DigestSet
}

export type DamagedPack = {
  /** `undefined`: nothing tells what it held. */
  readonly listing: PackListing | undefined
  /** Objects of the listing that it does not give. */
  readonly lost: readonly IndexedObject[]
}
