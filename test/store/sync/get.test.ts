/** get of a version that only a remote has says what the fetching took. */

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { World } from './support/world.ts'

test('get counts bytes and requests when it fetches, and none when all is here', async (context) => {
  const world = new World(context)
  const anna = await world.store('anna')
  await anna.add('model/x', { 'a.bin': 'weights' })
  await anna.store.push()
  const ben = await world.clone()
  const first = await ben.store.get({ reference: 'model/x', output: 'x' })
  assert.ok(first.fetchedBytes > 0)
  assert.ok(first.requests > 0)
  const second = await ben.store.get({ reference: 'model/x', output: 'y' })
  assert.deepEqual([second.fetchedBytes, second.requests], [0, 0])
})

test('get asks the next remote when the first was replaced', async (context) => {
  const world = new World(context)
  const anna = await world.store('anna')
  await anna.store.addRemote({ name: 'second', settings: { url: 'memory:second' } })
  await anna.add('model/x', { 'a.bin': 'weights' })
  await anna.store.push()
  await anna.store.push({ remote: 'second' })
  await anna.store.drop({ references: ['model/x'] })
  world.place('origin').objects.clear()
  const gotten = await anna.store.get({ reference: 'model/x', output: 'x' })
  assert.ok(gotten.fetchedBytes > 0)
})
