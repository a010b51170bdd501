/** How runs are named: by id, the beginning of one, or name; and what is said when none is meant. */

import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'

import { isMlstoreError } from '../../../src/errors.ts'
import type { Store } from '../../../src/store/store.ts'
import { TestRepository } from '../../support/store.ts'

/** A store with the runs `brave-otter` and `calm-heron`, and the id of the first. */
async function twoRuns(context: TestContext): Promise<{ store: Store; id: string }> {
  const { store } = await TestRepository.create(context)
  const run = await store.startRun({ name: 'brave-otter', experiment: 'digits' })
  await run.end()
  const other = await store.startRun({ name: 'calm-heron', experiment: 'digits' })
  await other.end()
  return { store, id: run.id }
}

/** What is said of a run that is not there. */
async function hintFor(store: Store, reference: string): Promise<string> {
  try {
    await store.showRun(reference)
  } catch (error) {
    if (isMlstoreError(error, 'NOT_FOUND')) return error.hint ?? ''
    throw error
  }
  throw new assert.AssertionError({ message: `${reference} is found` })
}

test('a run is meant by id or name, with run: before it or not', async (context) => {
  const { store, id } = await twoRuns(context)
  for (const reference of [id, id.toUpperCase(), 'brave-otter']) {
    assert.equal((await store.showRun(reference)).run, id)
    assert.equal((await store.showRun(`run:${reference}`)).run, id)
  }
  assert.deepEqual((await store.setTags('run:brave-otter', { a: 'b' })).tags, { a: 'b' })
  assert.deepEqual((await store.showRun(id)).tags, { a: 'b' })
})

test('a run that is not there is answered with those that were perhaps meant', async (context) => {
  const { store, id } = await twoRuns(context)
  const otter = `There is: ${id.slice(0, 12)} (digits/brave-otter).`
  assert.equal(await hintFor(store, 'brave'), otter)
  assert.equal(await hintFor(store, 'run:Otter-7'), otter)
  assert.match(await hintFor(store, id.slice(0, 4)), /brave-otter/)
  assert.match(await hintFor(store, 'nothing-like-it'), /mlstore run list/)
  assert.match(await hintFor(store, ''), /mlstore run list/)
})

test('a beginning that several ids have is ambiguous, and they are listed', async (context) => {
  const { store, id } = await twoRuns(context)
  const failure = { code: 'AMBIGUOUS_REFERENCE', message: /brave-otter.*calm-heron/ }
  await assert.rejects(store.showRun(id.slice(0, 8)), failure)
})
