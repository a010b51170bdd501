/** A folder of the user keeps the contract, and leads nowhere else. */

import assert from 'node:assert/strict'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'

import type { ExternalFolder } from '../../src/ports/external-folder.ts'
import { openExternal } from '../../src/remotes/open-external.ts'
import { systemEnvironment } from '../../src/store/system-environment.ts'
import { externalFiles, externalFolderContract } from '../contracts/external-folder.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

function open(url: string): Promise<ExternalFolder> {
  const { clock, ids } = systemEnvironment()
  return openExternal({ url }, { name: 'external', env: {}, clock, ids })
}

externalFolderContract('a folder', async () => {
  const root = await mkdtemp(join(tmpdir(), 'mlstore-external-'))
  const change = async (path: string, bytes: Uint8Array): Promise<void> => {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), bytes)
    await Promise.resolve()
  }
  for (const [path, text] of externalFiles) await change(path, Buffer.from(text))
  return {
    folder: await open(pathToFileURL(root).href),
    absent: await open(join(root, 'nowhere')),
    change,
    close: () => rm(root, { recursive: true }),
  }
})

test('a link in the folder is refused, in a listing and when it is read', async (t) => {
  const root = temporaryFolder(t)
  writeFileSync(join(root, 'file'), 'x')
  symlinkSync(join(root, 'file'), join(root, 'link'))
  const folder = await open(root)
  await assert.rejects(folder.read('link', { range: { start: 0, end: 1 } }), {
    code: 'REMOTE_REFUSED',
  })
  await assert.rejects(exhausted(folder), {
    code: 'REMOTE_REFUSED',
  })
})

test('the URI of a folder is told as a URL, and what is no place is refused', async (t) => {
  const root = temporaryFolder(t)
  assert.equal((await open(root)).uri, pathToFileURL(root).href)
  for (const url of ['gs://bucket/x', 'data/train', 's3://', 's3://key:secret@host/x']) {
    await assert.rejects(open(url), { code: 'INVALID_ARGUMENT' }, url)
  }
})

async function exhausted(folder: ExternalFolder): Promise<void> {
  for await (const entry of folder.list()) assert.ok(entry.path)
}
