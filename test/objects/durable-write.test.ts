/** A durable write leaves the new file or the old one, and nothing else in the folder. */

import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'

import { MlstoreError } from '../../src/errors.ts'
import { durableWrite, makeDirectoryDurably } from '../../src/objects/durable-write.ts'
import { NodeFileSystem } from '../../src/objects/node-file-system.ts'
import { SystemProcessTable } from '../../src/objects/process-table.ts'
import { Temporaries } from '../../src/objects/temporary.ts'
import type { FileSystem } from '../../src/ports/file-system.ts'
import { InterceptedFileSystem } from '../support/intercepted-file-system.ts'
import { SequentialIds } from '../support/sequential-ids.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const node = new NodeFileSystem()

function partsOver(fs: FileSystem): { fs: FileSystem; temporaries: Temporaries } {
  const processes = new SystemProcessTable()
  const ids = new SequentialIds()
  return { fs, temporaries: new Temporaries({ fs, ids, processes, host: 'test', pid: 1 }) }
}

const namesIn = (folder: string): string[] => node.readDirectory(folder).map((entry) => entry.name)

test('writes a new file and replaces an old one', (context) => {
  const folder = temporaryFolder(context)
  const path = join(folder, 'file')
  durableWrite(partsOver(node), path, Buffer.from('one'))
  assert.equal(node.readFile(path).toString(), 'one')
  durableWrite(partsOver(node), path, [Buffer.from('t'), Buffer.from('wo')], 0o600)
  assert.equal(node.readFile(path).toString(), 'two')
  assert.equal(node.lstat(path)?.mode, 0o600)
  assert.deepEqual(namesIn(folder), ['file'])
})

test('syncs the file before the rename and the folder after it', (context) => {
  const folder = temporaryFolder(context)
  const fs = new InterceptedFileSystem(node)
  durableWrite(partsOver(fs), join(folder, 'file'), Buffer.from('x'))
  const order = fs.calls.filter((call) =>
    ['write', 'sync', 'rename', 'syncDirectory'].includes(call),
  )
  assert.deepEqual(order, ['write', 'sync', 'rename', 'syncDirectory'])
})

for (const step of ['open', 'write', 'sync', 'rename'] as const) {
  test(`keeps the old file and leaves no temporary one when ${step} fails`, (context) => {
    const folder = temporaryFolder(context)
    const path = join(folder, 'file')
    durableWrite(partsOver(node), path, Buffer.from('old'))

    const fs = new InterceptedFileSystem(node)
    fs.before(step, () => {
      throw new MlstoreError('NO_SPACE', 'full')
    })
    assert.throws(() => durableWrite(partsOver(fs), path, Buffer.from('new')), { code: 'NO_SPACE' })

    assert.equal(node.readFile(path).toString(), 'old')
    assert.deepEqual(namesIn(folder), ['file'])
    const tries = fs.calls.filter((call) => call === 'sync').length
    assert.ok(tries <= 1, 'a failed sync was tried again')
  })
}

test('keeps the old file when fewer bytes arrived than were written', (context) => {
  const folder = temporaryFolder(context)
  const path = join(folder, 'file')
  durableWrite(partsOver(node), path, Buffer.from('old'))
  const fs = new InterceptedFileSystem(node)
  fs.shortenWrites = true
  assert.throws(() => durableWrite(partsOver(fs), path, Buffer.from('new')), { code: 'IO_ERROR' })
  assert.equal(node.readFile(path).toString(), 'old')
  assert.deepEqual(namesIn(folder), ['file'])
})

test('syncs the parent of every folder it makes', (context) => {
  const folder = temporaryFolder(context)
  const fs = new InterceptedFileSystem(node)
  makeDirectoryDurably(fs, join(folder, 'a', 'b'))
  assert.deepEqual(
    fs.calls.filter((call) => call !== 'lstat'),
    ['makeDirectory', 'syncDirectory', 'makeDirectory', 'syncDirectory'],
  )
  makeDirectoryDurably(fs, join(folder, 'a', 'b'))
  assert.equal(fs.calls.filter((call) => call === 'makeDirectory').length, 2)
})
