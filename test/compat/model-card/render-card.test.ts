/** Readable cards of a real store, as Markdown and as a page. */

import * as fc from 'fast-check'
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'

import { renderCard } from '../../../src/compat/model-card/render-card.ts'
import type { CardFacts } from '../../../src/store/cards/results.ts'
import { TestRepository } from '../../support/store.ts'

const hostile = '</code><script>alert(1)</script><img src=x onerror=y>[a](javascript:alert(1))'

/** A model with everything that a card tells. */
async function model(context: TestContext): Promise<TestRepository> {
  const repository = await TestRepository.create(context)
  const { store, environment } = repository
  repository.write({ data: { 'a.csv': '1' }, m: { model: { 'w.bin': 'w' } }, check: { c: '{}' } })
  await repository.add('data', { as: 'dataset/reviews', label: 'd1' })
  const params = { lr: '0.1', [hostile.slice(0, 40)]: hostile }
  const run = await store.startRun({ experiment: 'search', name: 'brave-otter', params })
  run.logMetrics({ f1: 0.5 })
  run.logMetrics({ f1: 0.93 })
  await run.use('dataset/reviews')
  await run.end()
  environment.clock.turn(60)
  const within = await repository.open({
    environment: { ...environment, env: { MLSTORE_RUN_ID: run.id } },
  })
  const request = { as: 'model/ranker', label: 'v1', aliases: ['prod'], tags: { team: hostile } }
  await within.add({ ...request, paths: ['m'], meta: { [hostile]: [hostile], f1: 0.93 } })
  await store.setCard({
    reference: 'model/ranker',
    card: { model_type: 'trained', training_data_attribute_path: 'w<b>' },
    label: 'v2',
    aliases: ['prod'],
  })
  await store.attach('model/ranker', 'model-checks', { paths: ['check'] }, { label: 'ok' })
  await repository.add('check', { as: 'job/nightly', label: 'j1', inputs: ['model/ranker@v2'] })
  return repository
}

const factsOf = async (context: TestContext): Promise<CardFacts> =>
  (await model(context)).store.cardFacts('model/ranker@prod')

test('tells of metadata, tags, aliases, run, lineage, reports, files and the card file', async (t) => {
  const markdown = await renderCard(await factsOf(t), 'markdown')
  for (const line of [
    '# `model/ranker@v2`',
    '| Aliases | `prod` |',
    '| Goes on from | `model/ranker@v1` |',
    '| `model_type` | `trained` |',
    '| `training_data_attribute_path` | `w<b>` (not in this version) |',
    '| Run | `brave-otter` in `search` |',
    '| `lr` | `0.1` |',
    '| `f1` | `0.93` | `0.5` | `0.93` |',
    '| `dataset/reviews@d1` | `data` |',
    '| `job/nightly@j1` | `input` |',
    '| `f1` | `0.93` |',
    '| `model/w.bin` | 1 B |',
  ]) {
    assert.ok(markdown.split('\n').includes(line), `${line}\n\n${markdown}`)
  }
  assert.match(markdown, /\| `model-checks\/model\/ranker@ok` \| `2026-/)
  assert.doesNotMatch(markdown, /github_sha/, 'placeholders tell nothing')
})

test('is one page without any other resource, for phones and in the dark', async (t) => {
  const page = await renderCard(await factsOf(t), 'html')
  assert.match(page, /^<!doctype html>\n<html lang="en">/)
  assert.match(page, /<meta name="viewport" content="width=device-width, initial-scale=1">/)
  assert.match(page, /<meta name="color-scheme" content="light dark">/)
  assert.match(page, /content="default-src 'none'; style-src 'unsafe-inline'"/)
  assert.match(page, /<title>model\/ranker@v2<\/title>/)
  assert.doesNotMatch(page, /\b(?:src|href|url)\s*[=(](?!x onerror)/)
})

/** Tags with their attributes; texts with entities decoded. */
function partsOf(page: string): { readonly tags: Set<string>; readonly texts: string } {
  const body = page.slice(page.indexOf('<main>'), page.indexOf('</main>'))
  const tags = new Set([...body.matchAll(/<[^>]*>/g)].map(([tag]) => tag))
  const texts = body
    .replaceAll(/<[^>]*>/g, '')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&amp;', '&')
  return { tags, texts }
}

const ownTags = new Set([
  ...['main', 'h1', 'h2', 'table', 'thead', 'tbody', 'tr', 'th', 'td', 'code', 'p', 'div'].flatMap(
    (name) => [`<${name}>`, `</${name}>`],
  ),
  '<div class="table">',
])

test('what others wrote is text on the page, never markup', async (t) => {
  const page = await renderCard(await factsOf(t), 'html')
  const { tags, texts } = partsOf(page)
  assert.deepEqual(
    [...tags].filter((tag) => !ownTags.has(tag)),
    [],
  )
  assert.ok(texts.includes(hostile), 'shown as it is')
})

test('any names and values are text on the page', async (t) => {
  const facts = await factsOf(t)
  const pieces = fc.constantFrom('`', '|', '\\', '\n', '<b>', '](javascript:x)', '![', '&lt;', '*')
  const texts = fc.array(fc.oneof(pieces, fc.string()), { maxLength: 8 }).map((all) => all.join(''))
  await fc.assert(
    fc.asyncProperty(texts, texts, async (key, text) => {
      const version = {
        ...facts.version,
        label: text,
        tags: { [key]: text },
        meta: { [text]: key },
      }
      const page = await renderCard({ ...facts, version, previous: [text] }, 'html')
      const { tags } = partsOf(page)
      assert.deepEqual(
        [...tags].filter((tag) => !ownTags.has(tag)),
        [],
      )
      const [, title = ''] = /<title>([^\n]*)<\/title>/.exec(page) ?? []
      assert.doesNotMatch(title, /[<>]/)
    }),
    { numRuns: 200 },
  )
})

test('a version without run, card and lineage has no empty sections', async (t) => {
  const repository = await TestRepository.create(t)
  repository.write({ m: { a: '1' } })
  await repository.add('m', { as: 'model/plain', label: 'v1' })
  const markdown = await renderCard(await repository.store.cardFacts('model/plain'), 'markdown')
  assert.deepEqual(markdown.match(/^## .*/gm), ['## Overview', '## Files'])
})

test('lists a hundred files and counts the others', async (t) => {
  const repository = await TestRepository.create(t)
  const names = Array.from({ length: 130 }, (_, i) => [`f${i}`, 'x'] as const)
  repository.write({ m: Object.fromEntries(names) })
  await repository.add('m', { as: 'model/many' })
  const markdown = await renderCard(await repository.store.cardFacts('model/many'), 'markdown')
  assert.equal(markdown.match(/^\| `f\d+` \|/gm)?.length, 100)
  assert.match(markdown, /^And 30 more files\.$/m)
})
