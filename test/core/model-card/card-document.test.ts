/** Cards as Markdown: readable as it is, and what others wrote is never markup. */

import * as fc from 'fast-check'
import assert from 'node:assert/strict'
import { test } from 'node:test'

import { documentMarkdown, value } from '../../../src/core/model-card/card-document.ts'

function cell(text: string): string {
  const table = { columns: ['', ''], rows: [[['Name'], [value(text)]]] }
  const sections = [{ title: 'Facts', tables: [table], remarks: [] }]
  const lines = documentMarkdown({ title: 't', sections }).split('\n')
  return lines.find((line) => line.startsWith('| Name')) ?? assert.fail('no row')
}

test('reads as a page of tables', () => {
  const table = { columns: ['File', 'Size'], rows: [[[value('a b')], ['2 B']]] }
  const sections = [
    { title: 'Files', tables: [table], remarks: [['And ', value('more'), '.']] },
    { title: 'Nothing', tables: [{ columns: ['A'], rows: [] }], remarks: [] },
  ]
  assert.equal(
    documentMarkdown({ title: 'model/x@v1', sections }),
    [
      '# `model/x@v1`',
      '',
      '## Files',
      '',
      '| File | Size |',
      '| --- | --- |',
      '| `a b` | 2 B |',
      '',
      'And `more`.',
      '',
    ].join('\n'),
  )
})

test('fences a value with more backticks than it has in a row', () => {
  assert.equal(cell('a`b'), '| Name | ``a`b`` |')
  assert.equal(cell('``'), '| Name | ``` `` ``` |')
  assert.equal(cell(' a '), '| Name | `  a  ` |')
  assert.equal(cell(''), '| Name | (empty) |')
})

test('a value ends no cell and no line', () => {
  assert.equal(cell('a|b'), '| Name | `a\\|b` |')
  assert.equal(cell('a\\|b'), '| Name | `a\\\\u{7c}b` |')
  assert.equal(cell('a\n| b |\u202e'), '| Name | `a\\n\\| b \\|\\u{202e}` |')
})

test('any value is one code span in one cell of one line', () => {
  const pieces = fc.constantFrom('`', '|', '\\', '\n', '<b>', '](javascript:x)', ' ', 'a', '\u2028')
  const hostile = fc.array(fc.oneof(pieces, fc.string({ unit: 'binary' })), { minLength: 1 })
  fc.assert(
    fc.property(hostile, (parts) => {
      const text = parts.join('')
      fc.pre(text !== '')
      const row = cell(text)
      assert.equal(row.split(/(?<!\\)\|/).length, 4, 'three bars and no more')
      const span = row.slice('| Name | '.length, -' |'.length)
      const [fence = ''] = /^`+/.exec(span) ?? []
      assert.ok(fence.length > 0 && span.endsWith(fence))
      const inside = span.slice(fence.length, -fence.length)
      const others = inside.match(/`+/g) ?? []
      assert.ok(others.every((run) => run.length !== fence.length))
      assert.doesNotMatch(row, /[\p{Cc}\u2028\u2029]/u)
    }),
  )
})
