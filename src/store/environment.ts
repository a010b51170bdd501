/** What the library may not ask the process for itself. The command line makes one of the process. */

import type { Clock, IdSource } from '../ports/clock.ts'
import type { Machine } from '../ports/machine.ts'
import type { Remote, RemoteSettings } from '../ports/remote.ts'

export type Environment = {
  readonly env: Readonly<Record<string, string | undefined>>
  /** Absolute. */
  readonly cwd: string
  readonly clock: Clock
  readonly ids: IdSource
  readonly user: string
  readonly host: string
  /** Takes lines for people that are no result, such as those of a logger. Default: nobody reads them. */
  readonly stderr?: ((text: string) => void) | undefined
  /** Default: the real one. */
  readonly machine?: Machine | undefined
  /** Remotes of further URL schemes, such as `memory` in tests. Default: none. */
  readonly remoteSchemes?: Readonly<Record<string, (settings: RemoteSettings) => Remote>>
}
