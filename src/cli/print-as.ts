/** Results in the form that a command's own `--format` asks for. */

import { text, type TextOption } from './command.ts'
import type { Output } from './output.ts'
import type { Paint } from './render/paint.ts'

type Renderers<T> = {
  readonly table: (result: T, paint: Paint) => string
  readonly csv: (result: T) => string
}

/** For commands that answer with a table. */
export const tableFormat: TextOption = text('FORMAT', 'table, json or csv; default: table', {
  choices: ['table', 'json', 'csv'],
})

/** `json` is known to the output: it is the same as `--json`. */
export async function printAs<T>(
  output: Output,
  format: string | undefined,
  result: T,
  { table, csv }: Renderers<T>,
): Promise<void> {
  if (format === 'csv') await output.text(csv(result))
  else await output.result(result, table)
}
