/** The probe accepts stores that keep the contract, and finds each way of breaking it. */

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { MlstoreError } from '../../src/errors.ts'
import type { Capabilities, Remote } from '../../src/ports/remote.ts'
import { refused, unavailable, unsupported } from '../../src/remotes/failures.ts'
import { type MemoryObjects, MemoryRemote } from '../../src/remotes/memory.ts'
import { probeRemote } from '../../src/remotes/probe.ts'
import { SequentialIds } from '../support/sequential-ids.ts'
import { fakeClock } from './fake-clock.ts'
import { openOnServer } from './s3/open.ts'

const ids = new SequentialIds()

function probe(remote: Remote): Promise<Capabilities> {
  return probeRemote(remote, { clock: fakeClock(), ids })
}

type Create = Remote['create']

/** A remote in memory with some operations replaced; `this` is the honest remote. */
function remoteWith(changes: (honest: MemoryRemote, objects: MemoryObjects) => Partial<Remote>): {
  remote: Remote
  objects: MemoryObjects
} {
  const objects: MemoryObjects = new Map()
  const honest = new MemoryRemote(fakeClock(), objects)
  const bound: Remote = {
    url: honest.url,
    get: (...request) => honest.get(...request),
    head: (...request) => honest.head(...request),
    put: (...request) => honest.put(...request),
    create: (...request) => honest.create(...request),
    delete: (...request) => honest.delete(...request),
    list: (...request) => honest.list(...request),
    close: () => honest.close(),
  }
  return { remote: { ...bound, ...changes(honest, objects) }, objects }
}

test('a remote that keeps the contract has every ability, and is left as it was', async () => {
  const { remote, objects } = remoteWith(() => ({}))
  assert.deepEqual(await probe(remote), {
    conditionalCreate: true,
    list: true,
    range: true,
    checkedAt: '2026-11-21T00:00:00.000Z',
    problems: [],
  })
  assert.equal(objects.size, 0)
})

test('lost answers are no reason to refuse, as long as one writer won', async () => {
  const { remote } = remoteWith((honest) => {
    const create: Create = async (...request) => {
      const outcome = await honest.create(...request)
      return outcome === 'exists' ? 'unknown' : outcome
    }
    return { create }
  })
  assert.equal((await probe(remote)).conditionalCreate, true)
})

const broken: readonly {
  readonly title: string
  readonly create: (honest: MemoryRemote) => Create
}[] = [
  {
    title: 'a store that ignores the condition',
    create:
      (honest) =>
      async (...request) => {
        await honest.put(...request)
        return 'created'
      },
  },
  {
    title: 'a store that replaces the object although it says that it exists',
    create: (honest) => {
      const calls = new Map<string, number>()
      return async (key, bytes) => {
        const call = (calls.get(key) ?? 0) + 1
        calls.set(key, call)
        if (call <= 16) return honest.create(key, bytes)
        await honest.put(key, bytes)
        return 'exists'
      }
    },
  },
  {
    title: 'a store where nobody wins',
    create: () => async () => 'exists',
  },
  {
    title: 'a store without conditional writes',
    create: () => async () => {
      throw unsupported('501')
    },
  },
]

for (const { title, create } of broken) {
  test(`${title} is found out`, async () => {
    const { remote, objects } = remoteWith((honest) => ({ create: create(honest) }))
    const found = await probe(remote)
    assert.equal(found.conditionalCreate, false)
    assert.equal(found.problems.length, 1)
    assert.ok(found.list && found.range)
    assert.equal(objects.size, 0)
  })
}

test('no winner among lost answers says nothing, so it is an error', async () => {
  const { remote } = remoteWith(() => ({ create: async () => 'unknown' as const }))
  await assert.rejects(probe(remote), { code: 'REMOTE_UNAVAILABLE' })
})

test('listing that is refused, or lags, is reported and not thrown', async () => {
  const { remote: lagging } = remoteWith(() => ({ list: async function* () {} }))
  const { remote: refusing } = remoteWith(() => ({
    // oxlint-disable-next-line require-yield
    list: async function* () {
      throw refused('no ListBucket')
    },
  }))
  for (const remote of [lagging, refusing]) {
    const found = await probe(remote)
    assert.equal(found.list, false)
    assert.ok(found.conditionalCreate && found.range)
    assert.equal(found.problems.length, 1)
  }
})

test('ranges that are ignored, shifted or unsupported are reported', async () => {
  const { remote: whole } = remoteWith((honest) => ({ get: (key) => honest.get(key) }))
  const { remote: shifted } = remoteWith((honest) => ({
    get: (key, options = {}) => {
      const { range } = options
      if (range === undefined) return honest.get(key)
      return honest.get(key, { range: { start: range.start + 1, end: range.end + 1 } })
    },
  }))
  const { remote: none } = remoteWith((honest) => ({
    get: async (key, options = {}) => {
      if (options.range !== undefined) throw unsupported('no ranges')
      return honest.get(key)
    },
  }))
  for (const remote of [whole, shifted, none]) {
    const found = await probe(remote)
    assert.equal(found.range, false)
    assert.ok(found.conditionalCreate && found.list)
    assert.equal(found.problems.length, 1)
  }
})

test('deletes that are refused, or do nothing, are reported', async () => {
  const { remote: refusing } = remoteWith(() => ({
    delete: async () => {
      throw refused('no')
    },
  }))
  const { remote: lying } = remoteWith(() => ({ delete: async () => undefined }))
  for (const remote of [refusing, lying]) {
    const found = await probe(remote)
    assert.ok(found.conditionalCreate && found.list && found.range)
    assert.ok(found.problems.length > 0)
  }
})

test('a remote that cannot be reached or written to is an error, not a finding', async () => {
  for (const failure of [unavailable('down'), refused('read only')]) {
    const fail = async (): Promise<never> => {
      throw failure
    }
    const { remote } = remoteWith(() => ({ create: fail, put: fail }))
    await assert.rejects(probe(remote), (error) => error instanceof MlstoreError)
  }
})

test('through the real SDK: honest, ignoring, racing and refusing servers are told apart', async (context) => {
  const expected = { enforced: true, ignored: false, racy: false, unsupported: false } as const
  for (const [conditions, isGood] of Object.entries(expected)) {
    const { server, remote } = await openOnServer(context)
    server.conditions = conditions as keyof typeof expected
    const found = await probe(remote)
    assert.equal(found.conditionalCreate, isGood, conditions)
    assert.ok(found.list && found.range)
    assert.equal(found.problems.length, isGood ? 0 : 1)
    assert.equal(server.objects.size, 0)
  }
})
