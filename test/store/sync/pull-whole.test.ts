/** What a pull brought is known to be whole without a look at each file, and only if it is. */

import assert from 'node:assert/strict'
import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

import { digestOf } from '../../../src/core/digest.ts'
import { unavailable } from './support/watched-remote.ts'
import { type Person, World } from './support/world.ts'

function packsOf({ folder }: Person): string[] {
  const packs = join(folder, '.mlstore', 'packs')
  return readdirSync(packs).map((name) => join(packs, name))
}

/** Someone deletes packs, and whoever writes next finds out. */
async function lose(person: Person, packs: readonly string[]): Promise<void> {
  for (const pack of packs) rmSync(pack)
  const note = `n-${digestOf(Buffer.from(packs.join(' '))).slice(0, 12)}`
  await person.add('note/any', { note }, { label: note })
}

const shared = { 'shared/a': 'a'.repeat(700), 'shared/b': 3_000, 'shared/c': 9_000 }

/** What the store itself has of a file: the remote does not answer meanwhile. */
async function read(world: World, person: Person, file: string): Promise<number> {
  world.place().hook = () => ({ fail: unavailable() })
  const bytes = await person.cat(file)
  world.place().hook = () => undefined
  return bytes.length
}

test('a version that was pulled needs nothing more, until a pack of it is gone', async (context) => {
  const world = new World(context)
  const anna = await world.store()
  await anna.add('data/one', { ...shared, 'own/x': 5_000 }, { label: 'v1' })
  await anna.store.push()
  const ben = await world.clone()
  const references = ['data/one@v1']
  await ben.store.pull({ references })
  world.place().clearLog()
  assert.equal((await ben.store.pull({ references })).bytesReceived, 0)
  for (const pack of packsOf(ben)) {
    await lose(ben, [pack])
    await ben.store.pull({ references })
    assert.equal(await read(world, ben, 'data/one@v1:own/x'), 5_000)
    assert.equal(await read(world, ben, 'data/one@v1:shared/c'), 9_000)
  }
})

test('folders and files that an earlier pull brought count as parts of the later one', async (context) => {
  const world = new World(context)
  const anna = await world.store()
  await anna.add('data/one', { ...shared, 'own/x': 5_000 }, { label: 'v1' })
  await anna.add('data/two', { ...shared, 'own/y': 6_000 }, { label: 'v1' })
  await anna.add('data/three', { ...shared }, { label: 'v1' })
  await anna.store.push()
  for (const later of ['data/two@v1', 'data/three@v1']) {
    const ben = await world.clone()
    await ben.store.pull({ references: ['data/one@v1'] })
    const earlier = packsOf(ben)
    await ben.store.pull({ references: [later] })
    await lose(ben, earlier)
    await ben.store.pull({ references: [later] })
    assert.equal(await read(world, ben, `${later}:shared/c`), 9_000)
  }
})
