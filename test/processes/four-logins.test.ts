/** Logins of several processes at once: none is lost, and the file is whole all the time. */

import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'

import { AccountServer } from '../support/account-server.ts'
import { Command } from '../support/command.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

test('four logins at once are all saved', async (t) => {
  const folder = temporaryFolder(t)
  const command = new Command(folder, {
    HOME: folder,
    MLSTORE_CONFIG_DIR: join(folder, 'settings'),
  })
  const servers = await Promise.all(
    ['a', 'b', 'c', 'd'].map(() => AccountServer.start(t, { anonymous: true })),
  )
  const outcomes = await Promise.all(
    servers.map(({ url }) => command.run('login', '--url', url, '--anonymous')),
  )
  for (const { code, stderr } of outcomes) assert.equal(code, 0, stderr)
  const { servers: saved } = await command.json<{ servers: { url: string }[] }>('whoami')
  assert.deepEqual(
    saved.map(({ url }) => url).sort(),
    servers.map(({ url }) => `${url}/artifactory`).sort(),
  )
})
