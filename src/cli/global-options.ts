/** The options of every command. */

import { type FlagOption, flag, type TextOption, text, type ValuesOf } from './command.ts'

type GlobalOptions = {
  readonly store: TextOption
  readonly json: FlagOption
  readonly format: TextOption
  readonly quiet: FlagOption
  readonly noProgress: FlagOption
  readonly help: FlagOption
}

export type Globals = ValuesOf<GlobalOptions>

export const globalOptions: GlobalOptions = {
  store: text('DIR', 'Use this store, not the one found upward from here', { completes: 'path' }),
  json: flag('Print one JSON document on stdout'),
  format: text('FORMAT', 'json is the same as --json', { choices: ['text', 'json'] }),
  quiet: flag('Print results and errors only', 'q'),
  noProgress: flag('Show no progress'),
  help: flag('Show help', 'h'),
}
