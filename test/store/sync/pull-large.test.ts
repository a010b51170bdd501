/** A large file is pulled: written while it arrives, and never wrong, half or left behind. */

import assert from 'node:assert/strict'
import { copyFileSync, existsSync, lstatSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'

import { seededBytes } from '../../support/seeded-data.ts'
import { unavailable } from './support/watched-remote.ts'
import { type Person, World } from './support/world.ts'

const MiB = 1024 * 1024
/** Noise, then what shrinks, then noise that was there before. */
const content = Buffer.concat([
  seededBytes('large', 12 * MiB),
  Buffer.alloc(6 * MiB, seededBytes('text', 5000).toString('hex')),
  seededBytes('large', 3 * MiB),
])
const path = join('model', 'weights.bin')

/** Anna has pushed the file, and Ben has her lock and nothing else. */
async function scene(context: TestContext): Promise<{ world: World; ben: Person }> {
  const world = new World(context)
  const anna = await world.store()
  await anna.usePacksOf(4 * MiB)
  anna.write(path, content)
  await anna.addFolder('model/large', 'model', { noLock: false, label: 'v1' })
  await anna.store.push()
  const ben = await world.clone()
  await ben.store.setConfig('transfer.concurrency', '1')
  copyFileSync(join(anna.folder, 'mlstore.lock'), join(ben.folder, 'mlstore.lock'))
  return { world, ben }
}

function temporariesOf({ folder }: Person): string[] {
  const temporary = join(folder, '.mlstore', 'tmp')
  return existsSync(temporary) ? readdirSync(temporary).map((name) => join(temporary, name)) : []
}

test('the file in the working tree is the one that was written on the way', async (context) => {
  const { world, ben } = await scene(context)
  const written = new Set<bigint>()
  world.place().hook = () => {
    for (const file of temporariesOf(ben)) written.add(lstatSync(file, { bigint: true }).ino)
    return undefined
  }
  await ben.store.pull()
  assert.ok(ben.read(path).equals(content))
  assert.ok(written.has(lstatSync(join(ben.folder, path), { bigint: true }).ino))
  assert.equal(lstatSync(join(ben.folder, path)).mode & 0o777, 0o666 & ~process.umask())
  assert.deepEqual(temporariesOf(ben), [])
  assert.deepEqual((await ben.store.fsck()).problems, [])
  const status = await ben.store.status()
  assert.deepEqual(
    status.paths.map(({ state }) => state),
    ['unchanged'],
  )
})

test('a pull of what is here already needs no bytes, and writes the file again', async (context) => {
  const { ben } = await scene(context)
  await ben.store.pull({ references: ['model/large@v1'] })
  assert.equal(existsSync(join(ben.folder, path)), false)
  const { bytesReceived } = await ben.store.pull()
  assert.ok(bytesReceived < 10_000)
  assert.ok(ben.read(path).equals(content))
})

test('a pull that breaks off leaves no file, and the next one makes it', async (context) => {
  const { world, ben } = await scene(context)
  let gets = 0
  world.place().hook = ({ operation, key }) => {
    const isPack = operation === 'get' && key.startsWith('pack/')
    return isPack && ++gets > 6 ? { fail: unavailable() } : undefined
  }
  await assert.rejects(ben.store.pull(), { code: 'REMOTE_UNAVAILABLE' })
  assert.equal(existsSync(join(ben.folder, path)), false)
  assert.deepEqual(temporariesOf(ben), [])
  world.place().hook = () => undefined
  await ben.store.pull()
  assert.ok(ben.read(path).equals(content))
})

test('what is damaged on the remote never gets into the working tree', async (context) => {
  const { world, ben } = await scene(context)
  const [key = ''] = world
    .place()
    .keys('pack/')
    .filter((each) => world.place().bytes(each).length > MiB)
  world.place().tamper(key, (bytes) => bytes.fill(0, MiB / 2, MiB / 2 + 10))
  await assert.rejects(ben.store.pull(), { code: 'OBJECT_MISSING' })
  assert.equal(existsSync(join(ben.folder, path)), false)
  assert.deepEqual(temporariesOf(ben), [])
})

test('a file of the user in the way stays, and nothing is left beside it', async (context) => {
  const { ben } = await scene(context)
  ben.write(path, 'the work of a day')
  await assert.rejects(ben.store.pull(), { code: 'WORKING_TREE_CHANGED' })
  assert.equal(ben.read(path).toString(), 'the work of a day')
  assert.deepEqual(temporariesOf(ben), [])
  await ben.store.pull({ force: true })
  assert.ok(ben.read(path).equals(content))
})

test('two names of one file are two files', async (context) => {
  const { world, ben } = await scene(context)
  const carl = await world.store('carl', 'memory:other')
  for (const name of ['a.bin', 'b.bin']) carl.write(join('twice', name), content)
  await carl.addFolder('model/twice', 'twice', { noLock: false })
  await carl.store.push()
  const dora = await world.clone('dora', 'memory:other')
  copyFileSync(join(carl.folder, 'mlstore.lock'), join(dora.folder, 'mlstore.lock'))
  await dora.store.pull()
  const [a, b] = ['a.bin', 'b.bin'].map((name) => join(dora.folder, 'twice', name))
  assert.notEqual(lstatSync(a ?? '').ino, lstatSync(b ?? '').ino)
  writeFileSync(a ?? '', 'changed')
  assert.ok(dora.read(join('twice', 'b.bin')).equals(content))
  assert.equal(existsSync(join(ben.folder, path)), false)
})
