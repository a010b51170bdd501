/** Exit codes are those of the contract. */

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'

import { exitCodeMeanings, exitCodes, outcomes } from '../../src/cli/exit-codes.ts'

test('maps every error code to the number that docs/cli.md names', () => {
  const page = readFileSync(new URL('../../docs/cli.md', import.meta.url), 'utf8')
  const rows = page.matchAll(/^\| (\d+) \| [^|]+ \| ([^|]*) \|$/gm)
  const documented = [...rows].flatMap(([, code, names = '']) =>
    [...names.matchAll(/`([A-Z_]+)`/g)].map(([, name]) => [name, Number(code)]),
  )
  assert.deepEqual(Object.fromEntries(documented), exitCodes)
})

test('explains every number that can come out', () => {
  const explained = exitCodeMeanings.map(([code]) => code)
  for (const code of [0, ...Object.values(exitCodes), ...Object.values(outcomes)]) {
    assert.ok(explained.includes(code), String(code))
  }
})
