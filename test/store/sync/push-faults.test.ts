/** Pushes that are interrupted, unanswered or overtaken: one commit, nothing lost, little repeated. */

import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'

import { MlstoreError } from '../../../src/errors.ts'
import { crashAt, openCopy, requestsOfPush } from './support/crashes.ts'
import { type Place, type Seen, unavailable } from './support/watched-remote.ts'
import { type Person, World } from './support/world.ts'

const artifact = 'dataset/a'
const files = { '1.bin': 120_000, '2.bin': 120_000, 'sub/3.txt': 'three' }

/** A pushed version, and a second one that is not pushed yet. */
async function twoVersions(t: TestContext): Promise<{ world: World; anna: Person }> {
  const world = new World(t)
  const anna = await world.store()
  await anna.usePacksOf(100_000)
  await anna.add(artifact, { 'sub/0.txt': 'zero' }, { label: 'v1' })
  await anna.store.push()
  await anna.add(artifact, files, { label: 'v2', aliases: ['prod'] })
  world.place().clearLog()
  return { world, anna }
}

async function assertWhole(world: World, place: string): Promise<void> {
  const reader = await world.clone('reader', `memory:${place}`)
  assert.deepEqual(await reader.labels(artifact), ['v1', 'v2'])
  await reader.store.pull({ all: true })
  assert.equal((await reader.cat(`${artifact}@prod:sub/3.txt`)).toString(), 'three')
  assert.deepEqual((await reader.store.fsck()).problems, [])
  assert.deepEqual((await reader.store.fsck({ remote: 'origin' })).problems, [])
  assertCommittedOnce(world.place(place))
}

/** Each version is added by one entry. */
function assertCommittedOnce(place: Place): void {
  const added = place.keys('log/').flatMap((key) => {
    const entry = JSON.parse(Buffer.from(place.bytes(key)).toString('utf8')) as {
      versions: { version: string }[]
    }
    return entry.versions.map(({ version }) => version)
  })
  assert.equal(added.length, new Set(added).size, 'no version twice')
}

test('a process that dies at any request of a push finishes it the next time, sending nothing twice', async (t) => {
  const { world, anna } = await twoVersions(t)
  const requests = await requestsOfPush(world, anna)
  assert.ok(requests.length >= 9, 'several packs')
  for (const isDone of [false, true]) {
    for (let index = 0; index < requests.length; index++) {
      const name = `crash-${index}-${isDone ? 'after' : 'before'}`
      const place = world.copyPlace(world.place(), name)
      const first = await openCopy(world, anna, name)
      await crashAt(first, place, { index, isDone })
      const arrived = new Set(place.keys('pack/'))
      place.clearLog()
      const second = await world.open(first.folder)
      await second.store.push()
      const again = place.seen.filter(
        ({ operation, key }) => operation === 'put' && arrived.has(key),
      )
      assert.deepEqual(again, [], `${name}: packs that had arrived are not sent again`)
      assert.deepEqual((await second.store.push()).events, 0)
      await second.store.close()
      await assertWhole(world, name)
    }
  }
})

test('an interrupt at any request leaves a store that pushes the rest', async (t) => {
  const { world, anna } = await twoVersions(t)
  const requests = await requestsOfPush(world, anna)
  for (let index = 0; index < requests.length; index++) {
    const name = `interrupt-${index}`
    const place = world.copyPlace(world.place(), name)
    const person = await openCopy(world, anna, name)
    const controller = new AbortController()
    place.hook = (seen) => {
      if (seen.index === index) controller.abort()
      return undefined
    }
    await assert.rejects(person.store.push({ signal: controller.signal }), (error: unknown) => {
      assert.ok(error instanceof MlstoreError)
      assert.ok(['INTERRUPTED', 'COMMIT_UNKNOWN'].includes(error.code), error.code)
      return true
    })
    place.hook = () => undefined
    await person.store.push()
    await person.store.close()
    await assertWhole(world, name)
  }
})

test('a commit whose answer is lost is one commit, and a success', async (t) => {
  const { world, anna } = await twoVersions(t)
  once(world.place(), isCommit, () => ({ lose: unavailable() }))
  const result = await anna.store.push()
  assert.deepEqual([result.versions, result.seq], [[`${artifact}@v2`], 2])
  assert.equal(world.place().log.at(-1), 'get log/2', 'the slot was read back')
  await assertWhole(world, 'origin')
})

test('a proxy that repeats a commit makes it look taken: it is still one, and a success', async (t) => {
  const { world, anna } = await twoVersions(t)
  const place = world.place()
  once(place, isCommit, () => ({ isRepeated: true }))
  const result = await anna.store.push()
  assert.deepEqual(result.versions, [`${artifact}@v2`])
  await assertWhole(world, 'origin')
})

test('a commit that lands after a GET found nothing is one commit', async (t) => {
  const { world, anna } = await twoVersions(t)
  const place = world.place()
  let creates = 0
  place.hook = ({ operation }) => {
    if (operation !== 'create') return undefined
    creates += 1
    if (creates === 1) return { applyLate: true }
    // The late one lands right before the second try.
    place.late()
    return undefined
  }
  const result = await anna.store.push()
  assert.deepEqual([result.versions, result.seq, creates], [[`${artifact}@v2`], 2, 2])
  await assertWhole(world, 'origin')
})

test('a commit that nobody can tell about is COMMIT_UNKNOWN; the next push finds out', async (t) => {
  for (const isDone of [true, false]) {
    const { world, anna } = await twoVersions(t)
    const place = world.place()
    let isDark = false
    place.hook = ({ operation }) => {
      if (isDark) return operation === 'create' ? { lose: unavailable() } : { fail: unavailable() }
      if (operation !== 'create') return undefined
      isDark = true
      return isDone ? { lose: unavailable() } : { fail: unavailable() }
    }
    const before = world.clock.elapsedMs()
    if (isDone) {
      await assert.rejects(anna.store.push(), { code: 'COMMIT_UNKNOWN' })
      assert.ok(world.clock.elapsedMs() - before >= 60_000, 'it was pursued for a minute')
    } else {
      await assert.rejects(anna.store.push(), { code: 'REMOTE_UNAVAILABLE' })
    }
    const packs = place.keys('pack/')
    place.hook = () => undefined
    await anna.store.push()
    assert.deepEqual(place.keys('pack/'), packs, 'nothing was sent again')
    assert.equal(place.keys('log/').length, 2)
    await assertWhole(world, 'origin')
  }
})

test('an interrupt while the outcome is open says so', async (t) => {
  const { world, anna } = await twoVersions(t)
  const controller = new AbortController()
  const place = world.place()
  place.hook = ({ operation }) => {
    if (operation === 'create') {
      place.hook = () => {
        controller.abort()
        return { fail: unavailable() }
      }
      return { lose: unavailable() }
    }
    return undefined
  }
  await assert.rejects(anna.store.push({ signal: controller.signal }), { code: 'COMMIT_UNKNOWN' })
  place.hook = () => undefined
  await anna.store.push()
  await assertWhole(world, 'origin')
})

test('a slot lost to another is rebased; what was uploaded is not sent again', async (t) => {
  const { world, anna } = await twoVersions(t)
  const ben = await world.clone()
  await ben.add('dataset/b', { 'b.txt': 'quick' }, { label: 'v1' })
  const place = world.place()
  place.hook = async ({ operation }) => {
    if (operation !== 'create') return undefined
    place.hook = () => undefined
    await ben.store.push()
    return undefined
  }
  const result = await anna.store.push()
  assert.deepEqual([result.versions, result.seq], [[`${artifact}@v2`], 3])
  const puts = place.seen.filter(
    ({ operation, key }) => operation === 'put' && key.startsWith('pack'),
  )
  assert.equal(puts.length, result.packs + 2, 'ours once, and the two of ben')
  await anna.store.fetch()
  assert.equal((await anna.cat('dataset/b@v1:b.txt')).toString(), 'quick')
  await assertWhole(world, 'origin')
})

test('a refusal before the commit is told as it is, and costs nothing later', async (t) => {
  const { world, anna } = await twoVersions(t)
  const refused = new MlstoreError('REMOTE_REFUSED', 'access denied', {
    details: { forbidden: true },
  })
  once(world.place(), isCommit, () => ({ fail: refused }))
  await assert.rejects(anna.store.push(), { code: 'REMOTE_REFUSED' })
  const packs = world.place().keys('pack/')
  await anna.store.push()
  assert.deepEqual(world.place().keys('pack/'), packs)
  await assertWhole(world, 'origin')
})

test('a pack that was only half received is sent under a new id', async (t) => {
  const { world, anna } = await twoVersions(t)
  const place = world.place()
  once(
    place,
    ({ operation, key }) => operation === 'put' && key.startsWith('index'),
    () => ({
      fail: unavailable(),
    }),
  )
  await assert.rejects(anna.store.push(), { code: 'REMOTE_UNAVAILABLE' })
  const [half] = place.keys('pack/').slice(-1)
  place.tamper(half ?? '', (bytes) => bytes.subarray(0, 1000))
  await anna.store.push()
  await assertWhole(world, 'origin')
})

test('trees that arrived without their content vouch for nothing', async (t) => {
  const { world, anna } = await twoVersions(t)
  const place = world.place()
  once(place, isCommit, () => ({ fail: unavailable() }))
  await assert.rejects(anna.store.push(), { code: 'REMOTE_UNAVAILABLE' })
  // A gc takes one orphan and leaves the others.
  const data = place.seen.find(
    ({ operation, sizeBytes }) => operation === 'put' && sizeBytes > 50_000,
  )
  place.objects.delete(data?.key ?? '')
  await anna.store.push()
  await assertWhole(world, 'origin')
})

test('packs of an interrupted push are not named by a push of something else', async (t) => {
  const { world, anna } = await twoVersions(t)
  const place = world.place()
  once(place, isCommit, () => ({ fail: unavailable() }))
  await assert.rejects(anna.store.push(), { code: 'REMOTE_UNAVAILABLE' })
  await anna.add('dataset/other', { 'o.txt': 'other' }, { label: 'v1' })
  const named = await anna.store.push({ references: ['dataset/other@v1'] })
  assert.deepEqual([named.versions, named.packs], [['dataset/other@v1'], 2])
  const packs = place.keys('pack/')
  const rest = await anna.store.push()
  assert.deepEqual(rest.versions, [`${artifact}@v2`])
  assert.deepEqual(place.keys('pack/'), packs, 'and they are still there for the push they are of')
  await assertWhole(world, 'origin')
})

test('a lost race for format.json takes the winner’s repository', async (t) => {
  const world = new World(t)
  const anna = await world.store('anna')
  const ben = await world.store('ben')
  await anna.add('dataset/x', { 'a.txt': 'a' }, { label: 'v1' })
  await ben.add('dataset/y', { 'b.txt': 'b' }, { label: 'v1' })
  const place = world.place()
  place.hook = async ({ operation }) => {
    if (operation !== 'create') return undefined
    place.hook = () => undefined
    await ben.store.push()
    return undefined
  }
  assert.equal((await anna.store.push()).seq, 2)
  const reader = await world.clone('reader')
  assert.equal((await reader.cat('dataset/x@v1:a.txt')).toString(), 'a')
  assert.equal((await reader.cat('dataset/y@v1:b.txt')).toString(), 'b')
})

function isCommit({ operation, key }: Seen): boolean {
  return operation === 'create' && key.startsWith('log/')
}

/** Lets one request that matches have trouble. */
function once(
  place: Place,
  matches: (seen: Seen) => boolean,
  trouble: () => ReturnType<Place['hook']>,
): void {
  place.hook = (seen) => {
    if (!matches(seen)) return undefined
    place.hook = () => undefined
    return trouble()
  }
}
