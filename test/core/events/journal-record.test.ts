/** Every kind of journal record survives the way to disk and back. */

import assert from 'node:assert/strict'
import { test } from 'node:test'

import {
  decodeJournalPayload,
  encodeJournalPayload,
  type JournalPayload,
} from '../../../src/core/events/journal-record.ts'
import { encodeEntry } from '../../../src/core/log/entry.ts'
import { parseAliasName, parseArtifactName } from '../../../src/core/names.ts'
import { digestFor, entryOf, idOf, recordOf, repoId, Writer } from './samples.ts'

const writer = new Writer()
const added = writer.add(recordOf('dataset/nlp/squad', 1))

const payloads: readonly JournalPayload[] = [
  { kind: 'events', events: [added, writer.claim(added, 'first ü')] },
  {
    kind: 'entry',
    remote: repoId,
    seq: 1,
    bytes: encodeEntry(entryOf({ events: [added] })).toString(),
  },
  {
    kind: 'entry',
    remote: repoId,
    seq: 2,
    bytes: encodeEntry(entryOf({ events: [added], seq: 2 })).toString(),
    bulk: [added, writer.tag('artifact:model/a', 'k', 'v')],
  },
  { kind: 'remote', name: 'origin', url: 's3://bucket/a', repoId, format: digestFor('format') },
  {
    kind: 'alias.reset',
    artifact: parseArtifactName('model/a'),
    alias: parseAliasName('prod'),
    dropped: [idOf(1)],
  },
]

for (const payload of payloads) {
  const more = 'bulk' in payload ? ' with bodies' : ''
  test(`reads back a record of kind ${payload.kind}${more}`, () => {
    assert.deepEqual(decodeJournalPayload(encodeJournalPayload(payload), 'record'), payload)
  })
}

test('refuses a kind that a newer mlstore wrote, since it may change what follows', () => {
  assert.throws(() => decodeJournalPayload('{"kind":"journal.compact"}', 'record'), {
    code: 'FORMAT_UNSUPPORTED',
  })
})

test('refuses what is no record', () => {
  for (const text of [
    '',
    '[]',
    '{}',
    '{"kind":7}',
    '{"events":[{}],"kind":"events"}',
    '{"kind":"entry"',
  ]) {
    assert.throws(() => decodeJournalPayload(text, 'record'), { code: 'CORRUPT' }, text)
  }
})
