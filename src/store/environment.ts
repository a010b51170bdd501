/** What the library may not ask the process for itself. The command line makes one of the process. */

import type { Clock, IdSource } from '../ports/clock.ts'

export type Environment = {
  readonly env: Readonly<Record<string, string | undefined>>
  /** Absolute. */
  readonly cwd: string
  readonly clock: Clock
  readonly ids: IdSource
  readonly user: string
  readonly host: string
}
