/** Packs are written in large pieces and read back in any order, with few files open. */

import * as fc from 'fast-check'
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

import { digestOf } from '../../src/core/digest.ts'
import { packEncoding, packKind } from '../../src/core/pack/format.ts'
import { MlstoreError } from '../../src/errors.ts'
import { NodeFileSystem } from '../../src/objects/node-file-system.ts'
import { packFileName, PackFiles } from '../../src/objects/pack-file.ts'
import { PackWriter } from '../../src/objects/pack-writer.ts'
import type { FileSystem, OpenFile } from '../../src/ports/file-system.ts'
import { InterceptedFileSystem } from '../support/intercepted-file-system.ts'
import { seededBytes } from '../support/seeded-data.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const node = new NodeFileSystem()
const idOf = (number: number): string => number.toString(16).padStart(32, '0')

type PackOptions = { readonly fs?: FileSystem; readonly bufferBytes?: number }

function startPack(folder: string, packId: string, options: PackOptions = {}): PackWriter {
  const { fs = node, bufferBytes = 1024 } = options
  return new PackWriter({ fs, path: join(folder, packFileName(packId)), packId, bufferBytes })
}

function addRaw(pack: PackWriter, bytes: Uint8Array): void {
  const { blob } = packKind
  const sizeBytes = bytes.length
  pack.add({ kind: blob, encoding: packEncoding.raw, digest: digestOf(bytes), sizeBytes }, bytes)
}

/** Counts the files that are open at once. */
class CountingFileSystem extends NodeFileSystem {
  opened = 0
  openNow = 0
  openMost = 0

  override open(...args: Parameters<NodeFileSystem['open']>): OpenFile {
    const file = super.open(...args)
    this.opened += 1
    this.openNow += 1
    this.openMost = Math.max(this.openMost, this.openNow)
    const close = file.close.bind(file)
    let isOpen = true
    file.close = () => {
      if (isOpen) this.openNow -= 1
      isOpen = false
      close()
    }
    return file
  }
}

test('frames of any sizes come back in order, whatever the buffer', async (context) => {
  const folder = temporaryFolder(context)
  const anySizes = fc.array(fc.integer({ min: 1, max: 3000 }), { maxLength: 30 })
  let number = 0
  await fc.assert(
    fc.asyncProperty(anySizes, fc.integer({ min: 8, max: 2000 }), async (sizes, bufferBytes) => {
      number += 1
      const pack = startPack(folder, idOf(number), { bufferBytes })
      const frames = sizes.map((size, index) => seededBytes(`${number} ${index}`, size))
      for (const [index, frame] of frames.entries()) {
        addRaw(pack, frame)
        if (index % 3 === 0) await pack.settle()
      }
      const sizeBytes = await pack.finish()
      const packs = new PackFiles(node, folder)
      assert.equal(packs.sizeBytesOf(idOf(number)), sizeBytes)
      const found: Uint8Array[] = []
      for await (const { entry, stored } of packs.frames(idOf(number))) {
        assert.equal(entry.digest, digestOf(stored))
        assert.deepEqual(packs.read(idOf(number), entry.offset, entry.storedBytes), stored)
        found.push(stored)
      }
      packs.closeAll()
      assert.deepEqual(found, frames)
    }),
    { numRuns: 40 },
  )
})

test('keeps few files open, however many packs are read', async (context) => {
  const folder = temporaryFolder(context)
  for (let n = 1; n <= 20; n++) {
    const pack = startPack(folder, idOf(n))
    addRaw(pack, seededBytes(`pack ${n}`, 100))
    await pack.finish()
  }
  const fs = new CountingFileSystem()
  const packs = new PackFiles(fs, folder, 4)
  for (let round = 0; round < 2; round++) {
    for (let n = 1; n <= 20; n++) {
      assert.deepEqual(packs.read(idOf(n), 8, 100), seededBytes(`pack ${n}`, 100))
    }
  }
  assert.ok(fs.openMost <= 5, `${fs.openMost} at once`)
  const before = fs.opened
  packs.read(idOf(20), 8, 100)
  assert.equal(fs.opened, before, 'the last one is still open')
  packs.closeAll()
  assert.equal(fs.openNow, 0)
})

test('a file that is being read is closed only when the read is done', async (context) => {
  const folder = temporaryFolder(context)
  for (let n = 1; n <= 8; n++) {
    const pack = startPack(folder, idOf(n))
    addRaw(pack, seededBytes(`pack ${n}`, 50_000))
    await pack.finish()
  }
  const fs = new CountingFileSystem()
  const packs = new PackFiles(fs, folder, 2)
  const reads = Array.from({ length: 40 }, async (_, index) => {
    const n = (index % 8) + 1
    const bytes = await packs.readAsync(idOf(n), 8, 50_000)
    assert.deepEqual(bytes, seededBytes(`pack ${n}`, 50_000))
  })
  packs.close(idOf(3))
  await Promise.all(reads)
  assert.ok(fs.openNow <= 2)
  packs.closeAll()
  assert.equal(fs.openNow, 0)
})

test('an absent pack is NOT_FOUND, one that ends early CORRUPT', async (context) => {
  const folder = temporaryFolder(context)
  const packs = new PackFiles(node, folder)
  assert.throws(() => packs.read(idOf(1), 8, 1), { code: 'NOT_FOUND' })
  assert.equal(packs.sizeBytesOf(idOf(1)), undefined)
  assert.deepEqual(packs.ids(), [])
  const pack = startPack(folder, idOf(1))
  addRaw(pack, seededBytes('early', 5000))
  await pack.finish()
  const path = packs.pathOf(idOf(1))
  writeFileSync(path, readFileSync(path).subarray(0, 4000))
  assert.throws(() => packs.read(idOf(1), 8, 5000), { code: 'CORRUPT' })
  assert.throws(() => packs.footerOf(idOf(1)), { code: 'CORRUPT' })
  assert.deepEqual(packs.ids(), [idOf(1)])
  packs.closeAll()
})

test('any bit wrong in header or footer is CORRUPT', async (context) => {
  const folder = temporaryFolder(context)
  const pack = startPack(folder, idOf(1))
  const frame = seededBytes('frame', 64)
  addRaw(pack, frame)
  await pack.finish()
  const packs = new PackFiles(node, folder)
  const path = packs.pathOf(idOf(1))
  const good = readFileSync(path)
  const scan = async (): Promise<void> => {
    for await (const { stored } of packs.frames(idOf(1))) assert.equal(stored.length, 64)
  }
  for (let at = 0; at < good.length; at++) {
    if (at >= 8 && at < 8 + frame.length) continue
    const bytes = Buffer.from(good)
    bytes[at] = (bytes[at] ?? 0) ^ (1 << (at % 8))
    writeFileSync(path, bytes)
    packs.close(idOf(1))
    await assert.rejects(scan(), { code: 'CORRUPT' }, `byte ${at}`)
  }
  packs.closeAll()
})

test('a write that fails in the background fails the pack and removes its file', async (context) => {
  const folder = temporaryFolder(context)
  const fs = new InterceptedFileSystem(node)
  const pack = startPack(folder, idOf(1), { fs })
  fs.before('write', () => {
    throw new MlstoreError('NO_SPACE', 'full')
  })
  addRaw(pack, seededBytes('a', 1500))
  await assert.rejects(pack.finish(), { code: 'NO_SPACE' })
  assert.deepEqual(node.readDirectory(folder), [])
})

test('a pack whose write failed at once can not be finished with a hole in it', async (context) => {
  const folder = temporaryFolder(context)
  const fs = new InterceptedFileSystem(node)
  const pack = startPack(folder, idOf(1), { fs })
  let writes = 0
  fs.before('write', () => {
    writes += 1
    if (writes === 2) throw new MlstoreError('NO_SPACE', 'full')
  })
  const twoBuffers = seededBytes('hole', 3000)
  assert.throws(() => addRaw(pack, twoBuffers), { code: 'NO_SPACE' })
  await assert.rejects(pack.finish(), { code: 'NO_SPACE' })
  assert.deepEqual(node.readDirectory(folder), [])
})

test('a pack of no frames, only of files, is a pack', async (context) => {
  const folder = temporaryFolder(context)
  const pack = startPack(folder, idOf(1))
  const file = {
    file: digestOf(Buffer.from('f')),
    recipe: digestOf(Buffer.from('r')),
    sizeBytes: 9,
  }
  assert.equal(pack.isEmpty, true)
  pack.addFile(file)
  await pack.finish()
  const packs = new PackFiles(node, folder)
  assert.deepEqual([...packs.footerOf(idOf(1)).files()], [file])
  packs.closeAll()
})
