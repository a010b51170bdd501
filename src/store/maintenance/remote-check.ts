/** What every part of a remote's check works with. */

import type { LogHead } from '../../core/log/entry.ts'
import type { Codec } from '../../ports/codec.ts'
import type { ProgressTask } from '../../ports/progress.ts'
import type { Remote } from '../../ports/remote.ts'
import type { Findings } from './findings.ts'
import type { Sample } from './sample.ts'

export type RemoteCheck = {
  readonly remote: Remote
  readonly codec: Codec
  /** Requests at once. */
  readonly concurrency: number
  readonly signal?: AbortSignal | undefined
  readonly sample: Sample
  readonly findings: Findings
  readonly task: ProgressTask
  /** How far this store knew the log before; `undefined` if it never fetched it. */
  readonly known: LogHead | undefined
  /** Right bytes of keys that are missing or wrong, as far as they could be derived. */
  readonly rightBytes: Map<string, Uint8Array>
}
