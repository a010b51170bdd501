/** All rows, in the order of the design's table. A new row is a file in rows/ and a line here. */

import type { Row } from './row.ts'
import { addBig } from './rows/add-big.ts'
import { addSmall } from './rows/add-small.ts'
import { addUnchanged } from './rows/add-unchanged.ts'
import { insertByte } from './rows/insert-byte.ts'
import { oneOfMillion } from './rows/one-of-million.ts'
import { pullBig } from './rows/pull-big.ts'
import { pullNothing } from './rows/pull-nothing.ts'
import { pullSmall } from './rows/pull-small.ts'
import { pushBig } from './rows/push-big.ts'
import { pushNothing } from './rows/push-nothing.ts'
import { pushSmall } from './rows/push-small.ts'
import { runCommands } from './rows/run-commands.ts'
import { runHistory } from './rows/run-history.ts'
import { runLogging } from './rows/run-logging.ts'
import { runQueries } from './rows/run-queries.ts'
import { startUp } from './rows/start-up.ts'
import { status } from './rows/status.ts'

export const rows: readonly Row[] = [
  addBig,
  addSmall,
  addUnchanged,
  status,
  pushSmall,
  pullSmall,
  pushBig,
  pullBig,
  pushNothing,
  pullNothing,
  insertByte,
  oneOfMillion,
  ...runLogging,
  ...runQueries,
  ...runHistory,
  ...runCommands,
  ...startUp,
]
