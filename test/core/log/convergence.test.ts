/** Whatever several people do, in whatever order: everyone ends up with the same, and all of it. */

import * as fc from 'fast-check'
import assert from 'node:assert/strict'
import { test } from 'node:test'

import { replay, steps, World } from './world.ts'

test('any interleaving of changes, fetches and pushes gives every client the same state', () => {
  fc.assert(
    fc.property(steps(3), (sequence) => {
      const world = new World(3)
      world.run(sequence)
      const expected = replay(world.slots).snapshot()
      for (const client of world.clients) {
        client.fetch()
        assert.deepEqual(client.view.snapshot(), expected)
      }
    }),
    { numRuns: 150 },
  )
})

test('no event is ever lost: it is in the log, or still waits at home', () => {
  fc.assert(
    fc.property(steps(3), (sequence) => {
      const world = new World(3)
      world.run(sequence)
      const committed = new Set(world.events().map((event) => event.id))
      for (const { made, pending } of world.clients) {
        const waiting = new Set(pending.map((event) => event.id))
        for (const event of made) assert.ok(committed.has(event.id) || waiting.has(event.id))
      }
    }),
    { numRuns: 150 },
  )
})

test('after a push, what waits at home is only what conflicts or is about nothing there', () => {
  fc.assert(
    fc.property(steps(2), (sequence) => {
      const world = new World(2)
      world.run(sequence)
      const client = world.client(0)
      client.push()
      const { events, conflicts, deferred } = client.prepare()
      assert.deepEqual(events, [])
      assert.ok(client.pending.length === 0 || conflicts.length > 0 || deferred.length > 0)
    }),
    { numRuns: 100 },
  )
})

test('no event is in the log twice', () => {
  fc.assert(
    fc.property(steps(3), (sequence) => {
      const world = new World(3)
      world.run(sequence)
      const ids = world.events().map((event) => event.id)
      assert.equal(new Set(ids).size, ids.length)
    }),
    { numRuns: 50 },
  )
})
