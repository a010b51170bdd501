/** Only what the dead of this host left behind is swept. */

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

import { NodeFileSystem } from '../../src/objects/node-file-system.ts'
import { type ProcessTable, SystemProcessTable } from '../../src/objects/process-table.ts'
import { Temporaries } from '../../src/objects/temporary.ts'
import { SequentialIds } from '../support/sequential-ids.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const fs = new NodeFileSystem()

function temporaries(host: string, pid: number, startTimes: Record<number, number>): Temporaries {
  const processes: ProcessTable = { startTime: (asked) => startTimes[asked] }
  return new Temporaries({ fs, ids: new SequentialIds(), processes, host, pid })
}

test('a name tells host, pid and start time, and is never given twice', () => {
  const mine = temporaries('box-1.local', 42, { 42: 977 })
  assert.match(mine.name(), /^box-1\.local-42-977-[0-9a-f]{32}$/)
  assert.notEqual(mine.name(), mine.name())
})

test('a host name with odd characters makes a name that is one path segment', () => {
  assert.match(temporaries('a/b c', 1, { 1: 5 }).name(), /^a_b_c-1-5-/)
})

test('sweeps files and folders of the dead, also when their pid lives again', (context) => {
  const folder = temporaryFolder(context)
  const dead = temporaries('host', 10, { 10: 100 }).name()
  const reborn = temporaries('host', 11, { 11: 100 }).name()
  writeFileSync(join(folder, dead), 'x')
  fs.makeDirectory(join(folder, reborn, 'deep'))

  const swept = temporaries('host', 12, { 11: 200, 12: 300 }).sweep(folder)

  assert.deepEqual(swept.sort(), [join(folder, dead), join(folder, reborn)].sort())
  assert.deepEqual(fs.readDirectory(folder), [])
})

test('leaves alone the living, itself, other hosts and foreign names', (context) => {
  const folder = temporaryFolder(context)
  const names = [
    temporaries('host', 10, { 10: 100 }).name(),
    temporaries('host', 12, { 12: 300 }).name(),
    temporaries('other-host', 99, { 99: 1 }).name(),
    'notes.txt',
    'host-99-1-short',
  ]
  for (const name of names) writeFileSync(join(folder, name), 'x')

  assert.deepEqual(temporaries('host', 12, { 10: 100, 12: 300 }).sweep(folder), [])
  assert.equal(fs.readDirectory(folder).length, names.length)
})

test('trusts the pid alone where no start time is told', (context) => {
  const folder = temporaryFolder(context)
  writeFileSync(join(folder, temporaries('host', 10, { 10: 0 }).name()), 'x')
  assert.deepEqual(temporaries('host', 12, { 10: 55, 12: 1 }).sweep(folder), [])
  assert.equal(temporaries('host', 12, { 12: 1 }).sweep(folder).length, 1)
})

test('the system tells the living from the dead', () => {
  const system = new SystemProcessTable()
  const dead = spawnSync('true').pid
  assert.equal(system.startTime(dead), undefined)
  const mine = system.startTime(process.pid)
  assert.ok(mine !== undefined)
  if (process.platform === 'linux') assert.ok(mine > 0)
  assert.equal(system.startTime(process.pid), mine)
})
