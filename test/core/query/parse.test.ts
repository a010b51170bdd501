/** The search language: what each form means, and where an error points. */

import * as fc from 'fast-check'
import assert from 'node:assert/strict'
import { test } from 'node:test'

import { parseQuery } from '../../../src/core/query/parse.ts'
import type { Condition, Field, Literal, Query } from '../../../src/core/query/query.ts'
import { isMlstoreError } from '../../../src/errors.ts'

/** A query as one short text, to see at a glance what was understood. */
function shown({ where, orderBy, limit }: Query): string {
  const parts = [where === undefined ? '' : shownCondition(where)]
  if (orderBy.length > 0) {
    const terms = orderBy.map((term) => `${shownField(term.field)}${term.isDescending ? '-' : '+'}`)
    parts.push(`order[${terms.join(' ')}]`)
  }
  if (limit !== undefined) parts.push(`limit ${limit}`)
  return parts.join(' ').trim()
}

function shownCondition(condition: Condition): string {
  if (condition.kind === 'and' || condition.kind === 'or') {
    return `${condition.kind}(${condition.conditions.map(shownCondition).join(' ')})`
  }
  if (condition.kind === 'not') return `not(${shownCondition(condition.condition)})`
  if (condition.kind === 'name') return `name~${condition.text}`
  const field = shownField(condition.field)
  if (condition.kind === 'null') return `${field} ${condition.isNegated ? 'present' : 'absent'}`
  if (condition.kind === 'compare') {
    return `${field} ${condition.operator} ${shownLiteral(condition.value)}`
  }
  const not = condition.isNegated ? '!' : ''
  if (condition.kind === 'in')
    return `${field} ${not}in[${condition.values.map(shownLiteral).join(' ')}]`
  return `${field} ${not}${condition.ignoresCase ? 'ilike' : 'like'} ${condition.pattern}`
}

function shownField(field: Field): string {
  if (field.scope === 'attribute') return `.${field.name}`
  return field.scope === 'meta'
    ? `meta${JSON.stringify(field.path)}`
    : `${field.scope}[${field.key}]`
}

function shownLiteral(literal: Literal): string {
  return `${literal.kind.charAt(0)}:${literal.value}`
}

const meaning = (text: string): string => shown(parseQuery(text))

const meanings: Readonly<Record<string, readonly (readonly [string, string])[]>> = {
  'finds everything with nothing asked': [
    ['', ''],
    ['  \n ', ''],
  ],
  'takes a word or a string alone as a part of the name': [
    ['resnet', 'name~resnet'],
    ['nlp/squad-v2.1', 'name~nlp/squad-v2.1'],
    ['model/resnet@v1:a', 'name~model/resnet@v1:a'],
    ['50', 'name~50'],
    ['"my model"', 'name~my model'],
    ["'order'", 'name~order'],
    ['resnet and size > 5', 'and(name~resnet .size > n:5)'],
  ],
  'reads every kind of field': [
    ["tags.stage = 'prod'", 'tag[stage] = s:prod'],
    ["tag.a.b.c = 'x'", 'tag[a.b.c] = s:x'],
    ['metrics.acc > 0.9', 'metric[acc] > n:0.9'],
    ['metric.val/acc > 0', 'metric[val/acc] > n:0'],
    ['meta.a.b = 1', 'meta["a","b"] = n:1'],
    ['metadata.a = 1', 'meta["a"] = n:1'],
    ['params."learning rate" = \'0.1\'', 'param[learning rate] = s:0.1'],
    ["parameters.`a ``b` = '1'", 'param[a `b] = s:1'],
    ['tags.a."b.c".d = \'x\'', 'tag[a.b.c.d] = s:x'],
    ['meta.a."b.c".d = 1', 'meta["a","b.c","d"] = n:1'],
    ["dataset.name = 'mnist'", 'dataset[name] = s:mnist'],
    ["attributes.status = 'FINISHED'", '.status = s:FINISHED'],
    ["attribute.status = 'x' and attr.run_id = 'y'", 'and(.status = s:x .run_id = s:y)'],
    ["run.status = 'x' and run = 'y'", 'and(.status = s:x .run = s:y)'],
    ['TAGS.Stage = 1', 'tag[Stage] = n:1'],
  ],
  'reads every operator': [
    ['a = 1', '.a = n:1'],
    ['a == 1', '.a = n:1'],
    ['a != 1', '.a != n:1'],
    ['a <> 1', '.a != n:1'],
    ['a<1', '.a < n:1'],
    ['a<=1', '.a <= n:1'],
    ['a>1', '.a > n:1'],
    ['a>=-1', '.a >= n:-1'],
    ["a like '%x_'", '.a like %x_'],
    ["a ILIKE 'X%'", '.a ilike X%'],
    ["a not like 'x'", '.a !like x'],
    ["a not ilike 'x'", '.a !ilike x'],
    ["a in ('x', 'y')", '.a in[s:x s:y]'],
    ['a NOT IN(1,2)', '.a !in[n:1 n:2]'],
    ['a is null', '.a absent'],
    ['a IS NOT NULL', '.a present'],
  ],
  'reads every literal': [
    ["a = 'it''s'", ".a = s:it's"],
    ['a = "say ""hi"""', '.a = s:say "hi"'],
    ["a = 'back\\slash'", '.a = s:back\\slash'],
    ["a = ''", '.a = s:'],
    ['a = 1e-5', '.a = n:0.00001'],
    ['a = .5', '.a = n:0.5'],
    ['a = +5.', '.a = n:5'],
    ['a = -1.5E+3', '.a = n:-1500'],
    ['a = nan', '.a = n:NaN'],
    ['a = -inf', '.a = n:-Infinity'],
    ['a = Infinity', '.a = n:Infinity'],
    ['a = true', '.a = b:true'],
    ['a = FALSE', '.a = b:false'],
    ['a = prod', '.a = s:prod'],
    ['a = 2026-11-21', '.a = s:2026-11-21'],
    ['a in (x, 1, "y")', '.a in[s:x n:1 s:y]'],
  ],
  'binds `not` before `and` before `or`': [
    ['a or b and c', 'or(name~a and(name~b name~c))'],
    ['a and b or c and d', 'or(and(name~a name~b) and(name~c name~d))'],
    ['(a or b) and c', 'and(or(name~a name~b) name~c)'],
    ['not a and b', 'and(not(name~a) name~b)'],
    ['not (a and b)', 'not(and(name~a name~b))'],
    ['not not a', 'not(not(name~a))'],
    ['((a))', 'name~a'],
    ['a OR b oR c', 'or(name~a name~b name~c)'],
  ],
  'reads order and limit, with or without a condition': [
    ['order by created', 'order[.created+]'],
    ['limit 5', 'limit 5'],
    [
      'a order by metrics.acc desc, created asc, size LIMIT 10',
      'name~a order[metric[acc]- .created+ .size+] limit 10',
    ],
    ['Order By tags.x DESC', 'order[tag[x]-]'],
  ],
  'reads the filters of MLflow clients': [
    [
      "attributes.start_time <= 1795229732813 and attribute.status = 'FINISHED' and " +
        "tags.parent_run = 'True' and tags.churn.exists = 'True'",
      'and(.start_time <= n:1795229732813 .status = s:FINISHED tag[parent_run] = s:True tag[churn.exists] = s:True)',
    ],
    [
      "tags.`mlflow.user` = 'anna' and params.lr != '0.1'",
      'and(tag[mlflow.user] = s:anna param[lr] != s:0.1)',
    ],
    ["tags.my-id.status = 'X'", 'tag[my-id.status] = s:X'],
    ["run_id IN ('a','b')", '.run_id in[s:a s:b]'],
    ["name='m' and version_number=3", 'and(.name = s:m .version_number = n:3)'],
  ],
}

for (const [title, cases] of Object.entries(meanings)) {
  test(title, () => {
    for (const [text, expected] of cases) assert.equal(meaning(text), expected, text)
  })
}

test('keeps the text of a number, for fields that hold text', () => {
  const { where } = parseQuery('tags.v = 1.10')
  assert.ok(where?.kind === 'compare' && where.value.kind === 'number')
  assert.equal(where.value.text, '1.10')
})

test('points at the place of an error', () => {
  const places: readonly (readonly [string, number])[] = [
    ['tags.stage =', 12],
    ['tags.stage = and b', 13],
    ['a b', 2],
    ['a and', 5],
    ['and a', 0],
    ['(a', 2],
    ['a)', 1],
    ['a in ()', 6],
    ["a in 'x'", 5],
    ["a in ('x' 'y')", 10],
    ['a like x', 7],
    ['a is 5', 5],
    ['a not 5', 6],
    ['a = null', 4],
    ["'a' = 'b'", 4],
    ["a = 'x", 4],
    ['a = "x', 4],
    ['params."x', 7],
    ['tags. = 1', 5],
    ['meta.a..b = 1', 0],
    ['foo.bar = 1', 0],
    ['5 = a', 0],
    ['model/x = 1', 0],
    ['a = 9007199254740993', 4],
    ['a = 1e999', 4],
    ['a ! b', 2],
    ['order created', 6],
    ['order by', 8],
    ['order by a b', 11],
    ['limit 0', 6],
    ['limit -1', 6],
    ['limit 1.5', 6],
    ['limit', 5],
    ['limit 5 order by a', 8],
    ['=', 0],
  ]
  for (const [text, place] of places) {
    assert.throws(
      () => parseQuery(text),
      (error) => {
        assert.ok(isMlstoreError(error, 'INVALID_ARGUMENT'), text)
        const [, line, caret] = error.message.split('\n')
        assert.equal(line, `  ${text}`)
        assert.equal(caret, `${' '.repeat(place + 2)}^`, `${text}: ${error.message}`)
        return true
      },
    )
  }
})

test('shows only the line that is wrong, with control characters made harmless', () => {
  const text = "name = 'é😀' and\n\ttags.\u001b[31m = x )\nlimit 5"
  assert.throws(() => parseQuery(text), { message: /\n {3}tags\. \[31m = x \)\n {18}\^$/ })
})

test('refuses what is nested too deep, and takes long lists', () => {
  const deep = '('.repeat(50_000)
  assert.throws(() => parseQuery(deep), { code: 'INVALID_ARGUMENT' })
  assert.throws(() => parseQuery('not '.repeat(50_000)), { code: 'INVALID_ARGUMENT' })
  const long = Array.from({ length: 20_000 }, (_, i) => `tags.k${i} = ${i}`).join(' or ')
  const { where } = parseQuery(long)
  assert.equal(where?.kind === 'or' && where.conditions.length, 20_000)
})

test('parses or refuses any text, and nothing else', () => {
  const pieces =
    "and or not in is null like order by limit ( ) , = < ! != tags.a meta.a.b 'x' \" ` . 5 nan -1e5 name"
  const piece = fc.constantFrom(...pieces.split(' '), '\n')
  const anyText = fc.oneof(
    fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(' ')),
    fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join('')),
    fc.string({ unit: 'binary' }),
  )
  fc.assert(
    fc.property(anyText, (text) => {
      try {
        parseQuery(text)
      } catch (error) {
        assert.ok(isMlstoreError(error, 'INVALID_ARGUMENT'), String(error))
      }
    }),
    { numRuns: 3000 },
  )
})

test('keeps any string exactly, whichever quotes it stands in', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.constantFrom("'", '"'), (value, quote) => {
      const quoted = `${quote}${value.replaceAll(quote, quote + quote)}${quote}`
      const { where } = parseQuery(`tags.x = ${quoted}`)
      assert.ok(where?.kind === 'compare' && where.value.kind === 'string')
      assert.equal(where.value.value, value)
    }),
  )
})
