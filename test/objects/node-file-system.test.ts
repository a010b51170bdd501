/** NodeFileSystem keeps the port's contract, and what only a real kernel can show. */

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

import { isMlstoreError } from '../../src/errors.ts'
import { NodeFileSystem } from '../../src/objects/node-file-system.ts'
import { fileSystemContract } from '../contracts/file-system.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const fs = new NodeFileSystem()

fileSystemContract('node', (context) => ({ fs, folder: temporaryFolder(context) }))

test('refuses a folder with a name that is not UTF-8 and shows it escaped', (context) => {
  const folder = temporaryFolder(context)
  writeFileSync(Buffer.concat([Buffer.from(`${folder}/caf`), Buffer.from([0xe9])]), '')
  assert.throws(
    () => fs.readDirectory(folder),
    (error) =>
      isMlstoreError(error, 'INVALID_ARGUMENT') && error.message.includes(String.raw`caf\xe9`),
  )
})

test('refuses a link whose target is not UTF-8', (context) => {
  const folder = temporaryFolder(context)
  execFileSync('bash', ['-c', String.raw`ln -s $'caf\xe9' "$0/link"`, folder])
  assert.throws(() => fs.readLink(join(folder, 'link')), { code: 'INVALID_ARGUMENT' })
})

test('shows a fifo as what mlstore cannot store', (context) => {
  const folder = temporaryFolder(context)
  execFileSync('mkfifo', [join(folder, 'fifo')])
  assert.deepEqual(fs.readDirectory(folder), [{ name: 'fifo', kind: 'other' }])
})

test('says REFUSED, with the path, where the system denies', (context) => {
  const folder = temporaryFolder(context)
  const closed = join(folder, 'closed')
  mkdirSync(closed, { mode: 0o500 })
  const refused = (error: unknown): boolean =>
    isMlstoreError(error, 'REFUSED') && error.message.includes(closed)
  if (process.getuid?.() === 0) return
  assert.throws(() => fs.open(join(closed, 'file'), 'create'), refused)
})

test('a full disk is NO_SPACE', { skip: !existsSync('/dev/full') }, () => {
  const file = fs.open('/dev/full', 'append')
  assert.throws(() => file.write(Buffer.from('x'), 0), { code: 'NO_SPACE' })
  file.close()
})

test('a full disk is NO_SPACE asynchronously too', { skip: !existsSync('/dev/full') }, async () => {
  const file = fs.open('/dev/full', 'append')
  await assert.rejects(file.writeAsync(Buffer.from('x'), 0), { code: 'NO_SPACE' })
  file.close()
})
