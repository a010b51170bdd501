/** Runs in a store that is checked, built again and emptied. */

import BetterSqlite3 from 'better-sqlite3'
import assert from 'node:assert/strict'
import { appendFileSync } from 'node:fs'
import { test } from 'node:test'

import { digestOf } from '../../../src/core/digest.ts'
import type { Event } from '../../../src/core/events/event.ts'
import { encodeJournalPayload } from '../../../src/core/events/journal-record.ts'
import { encodeAppend } from '../../../src/objects/journal-frame.ts'
import { RunWriter } from '../../core/events/run-samples.ts'
import { digestFor, idOf } from '../../core/events/samples.ts'
import type { TestRepository } from '../../support/store.ts'
import { assertNames, assertSound, repositoryWithData } from './damage-store.ts'

/** Own events, as a library of any age wrote them. */
function journal(repository: TestRepository, ...events: readonly Event[]): void {
  const bytes = encodeAppend([encodeJournalPayload({ kind: 'events', events })])
  appendFileSync(repository.at('.mlstore', 'journal', '0000000001.jnl'), bytes)
}

function someRun(): Event[] {
  const anna = new RunWriter()
  anna.stamps.lamport = 1000
  return [
    anna.createExperiment('experiment', 'digits'),
    anna.start(1, { context: { git: { commit: 'c0ffee' } } }),
    anna.params(1, { lr: '0.1' }),
    anna.metrics(1, { loss: [{ value: Number.NaN }, { value: -0, step: 1 }] }),
    anna.link(1, 'input', digestFor('data')),
    anna.number('TES-TEST', 101, `run:${idOf(1)}`),
    anna.update(1, { status: 'FINISHED' }),
    anna.say({ type: 'lineage.add', from: digestFor('a'), to: digestFor('b'), role: 'data' }),
  ]
}

test('reindex counts runs, and fsck finds nothing to say about them', async (context) => {
  const { repository } = await repositoryWithData(context)
  journal(repository, ...someRun())
  const { runs } = await repository.store.reindex()
  assert.equal(runs, 1)
  assertSound(await repository.store.fsck())
})

const changes: Readonly<Record<string, string>> = {
  run: `UPDATE run SET status = 'FAILED'`,
  run_param: `UPDATE run_param SET value = '0.2'`,
  metric: 'UPDATE metric SET last = 1',
  metric_block: `UPDATE metric_block SET points = zeroblob(48)`,
  number_claim: 'UPDATE number_claim SET number = 102',
  lineage_edge: 'DELETE FROM lineage_edge',
}

for (const [table, sql] of Object.entries(changes)) {
  test(`fsck finds a table that says something else than the journal: ${table}`, async (context) => {
    const { repository } = await repositoryWithData(context)
    journal(repository, ...someRun())
    await repository.store.listArtifacts()
    const db = new BetterSqlite3(repository.at('.mlstore', 'index.sqlite'))
    assert.ok(db.prepare(sql).run().changes > 0)
    db.close()
    assertNames(await repository.store.fsck(), 'index.sqlite')
    await repository.store.fsck({ repair: true })
    assertSound(await repository.store.fsck())
  })
}

test('a file of a run that is in no version yet must be here', async (context) => {
  const { repository } = await repositoryWithData(context)
  const anna = new RunWriter()
  const there = { path: 'there.txt', digest: digestOf(Buffer.from('some text')), size: 9 }
  journal(repository, anna.start(1), anna.files(1, there))
  assertSound(await repository.store.fsck())
  journal(repository, anna.files(1, { path: 'lost.txt', digest: digestFor('lost'), size: 4 }))
  assertNames(await repository.store.fsck(), `run/${idOf(1)}:lost.txt`)
})

test('drop leaves what a run logged, also where a version that goes has it too', async (context) => {
  const { repository } = await repositoryWithData(context)
  const anna = new RunWriter()
  const file = { path: 'a.txt', digest: digestOf(Buffer.from('some text')), size: 9 }
  await repository.store.push()
  journal(repository, anna.start(1), anna.files(1, file))
  const { objects } = await repository.store.drop({ references: ['dataset/x'] })
  assert.ok(objects > 0)
  assertSound(await repository.store.fsck())
})
