/** What a person reads after an import. */

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { renderImport } from '../../../src/cli/render/import.ts'
import type { ImportResult } from '../../../src/store/import/results.ts'

const result: ImportResult = {
  versions: 2,
  runs: 1,
  experiments: 1,
  points: 3000,
  bytes: 2048,
  events: 9,
  dryRun: false,
  notes: [],
}
const plain = (_style: string, text: string): string => text

test('says what came in, or would', () => {
  const what = '1 run, 3000 metric points, 2 versions, 2.0 KiB new.'
  assert.equal(renderImport(result, plain), `Imported ${what}`)
  assert.equal(renderImport({ ...result, dryRun: true }, plain), `Would import ${what}`)
  assert.equal(renderImport({ ...result, events: 0 }, plain), 'Nothing new.')
})

test('shows the first notes, escaped, and counts the others', () => {
  const notes = Array.from({ length: 25 }, (_, i) => `note\n${i}`)
  const lines = renderImport({ ...result, notes }, plain).split('\n')
  assert.equal(lines.length, 22)
  assert.equal(lines[0], 'note\\n0')
  assert.match(lines[20] ?? '', /5 more notes/)
})
