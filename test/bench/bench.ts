/**
 * `npm run bench`: the speed that the design asks for, measured beside yardsticks in one run.
 *
 *   --rows add-big,push   rows whose name starts with one of these (default: all)
 *   --scale 0.1           a tenth of the sizes, for a quick look
 *   --check               exit code 1 when something that must be reached is missed
 *   --report              writes the tables of docs/benchmarks.md
 *
 * Rows that need S3 run when MLSTORE_TEST_S3_ENDPOINT names a server.
 */

import { mkdtempSync, realpathSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

import { measure } from './harness.ts'
import { BenchPlace } from './place.ts'
import { machine, tableRows, textTable, writePage } from './report.ts'
import type { Row } from './row.ts'
import { rows } from './rows.ts'

const { values } = parseArgs({
  options: {
    rows: { type: 'string', default: '' },
    scale: { type: 'string', default: '1' },
    check: { type: 'boolean', default: false },
    report: { type: 'boolean', default: false },
  },
})

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'mlstore-bench-')))
await using place = new BenchPlace(folder, Number(values.scale))
const circumstances = {
  scale: place.scale,
  remote: place.s3 === undefined ? 'a folder' : 'an S3 server on loopback',
}

for (const line of machine(circumstances)) print(line)
const lines: string[][] = []
const skipped: string[] = []
let missed = 0
for (const row of chosenRows(values.rows)) {
  if (row.needsS3 === true && place.s3 === undefined) skipped.push(row.name)
  else missed += await show(row)
}

print(`\n${textTable(lines)}`)
if (skipped.length > 0) {
  print(`\nSkipped, as they need MLSTORE_TEST_S3_ENDPOINT: ${skipped.join(', ')}.`)
}
print(`\n${lines.length} figures, ${missed} missed.`)
if (values.report) writePage(lines, circumstances)
if (values.check && missed > 0) process.exitCode = 1

function chosenRows(names: string): readonly Row[] {
  const prefixes = names.split(',').filter((name) => name !== '')
  if (prefixes.length === 0) return rows
  return rows.filter(({ name }) => prefixes.some((prefix) => name.startsWith(prefix)))
}

/** @returns How many of the row's musts were missed. */
async function show(row: Row): Promise<number> {
  const measured = await measure(row, place)
  const found = tableRows(measured)
  lines.push(...found)
  for (const [name, , , must, value, verdict] of found) {
    print(`${name}: ${value}, must ${must}: ${verdict}`)
  }
  return measured.findings.filter(({ verdict }) => verdict !== 'met').length
}

function print(text: string): void {
  process.stdout.write(`${text}\n`)
}
