/** `mlstore run`: one module a subcommand. */

import type { CommandGroup } from '../command.ts'
import { compare } from './run/compare.ts'
import { end } from './run/end.ts'
import { exec } from './run/exec.ts'
import { files } from './run/files.ts'
import { history } from './run/history.ts'
import { list } from './run/list.ts'
import { log } from './run/log.ts'
import { rm, restore } from './run/remove.ts'
import { show } from './run/show.ts'
import { start } from './run/start.ts'

export const command: CommandGroup = {
  summary: 'Record runs: params, metrics, files, what they read and made',
  subcommands: { start, log, end, exec, list, show, compare, history, files, rm, restore },
}
