/** A run that began in one clone goes on in another, with its data and its files. */

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { cloneStore, openStore } from '../../../src/store/open.ts'
import { testEnvironment, TestRepository } from '../../support/store.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { fileText } from './run-store.ts'

test('a run fetched from a remote is resumed: its params stay, its files join the new ones', async (t) => {
  const anna = await TestRepository.create(t)
  const settings = { url: `file://${temporaryFolder(t)}` }
  await anna.store.addRemote({ name: 'origin', settings })
  const run = await anna.store.startRun({ params: { lr: 1 }, code: false })
  run.logMetrics({ loss: 2 })
  await run.logText('first.txt', 'from anna')
  await run.end('FAILED')
  await anna.store.push()

  const environment = testEnvironment(temporaryFolder(t), 'ben', 'b')
  await cloneStore({ settings }, environment)
  const ben = await openStore({ environment })
  t.after(() => ben.close())
  const again = await ben.startRun({ resume: run.id, code: false })
  assert.throws(() => again.logParams({ lr: 2 }), { code: 'INVALID_ARGUMENT' })
  again.logMetrics({ loss: 1 }, { step: 1 })
  await again.logText('second.txt', 'from ben')
  await again.end()
  assert.equal(await fileText(ben, run.id, 'first.txt'), 'from anna')
  await ben.push()

  await anna.store.fetch()
  const shown = await anna.store.showRun(run.id)
  assert.equal(shown.status, 'FINISHED')
  assert.deepEqual(shown.metrics, { loss: 1 })
  assert.equal(shown.metricSummaries['loss']?.count, 2)
  assert.equal(shown.files.count, 2)
  assert.equal(await fileText(anna.store, run.id, 'second.txt'), 'from ben')
  assert.equal((await anna.store.log(`run/${run.id}`)).length, 2)
})
