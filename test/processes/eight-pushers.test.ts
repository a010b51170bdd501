/** Eight processes that push to one shared folder at the same time, 20 versions each. */

import assert from 'node:assert/strict'
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'

import { assertNothingLost } from '../support/pushers.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

test('eight processes pushing at once to one folder lose and double nothing', async (context) => {
  const folder = temporaryFolder(context)
  const remote = join(folder, 'remote')
  await assertNothingLost({ folder, writers: 8, url: pathToFileURL(remote).href })
  assertLogIsWhole(join(remote, 'log'))
})

type Entry = { readonly commitId: string; readonly seq: number }

/** Read without mlstore: slots without gaps, and no commit in two of them. */
function assertLogIsWhole(folder: string): void {
  const slots = readdirSync(folder).sort()
  const entries = slots.map((slot) => JSON.parse(readFileSync(join(folder, slot), 'utf8')) as Entry)
  assert.deepEqual(
    entries.map(({ seq }) => seq),
    slots.map((_, i) => i + 1),
  )
  assert.deepEqual(
    slots.map((slot) => Number(slot)),
    slots.map((_, i) => i + 1),
  )
  assert.equal(new Set(entries.map(({ commitId }) => commitId)).size, entries.length)
}
