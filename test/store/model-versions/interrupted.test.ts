/** A process that dies while it seals: the next one finishes, once and whole. */

import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'

import { MlstoreError } from '../../../src/errors.ts'
import { NodeFileSystem } from '../../../src/objects/node-file-system.ts'
import { silentProgress } from '../../../src/ports/progress.ts'
import { openModelVersion } from '../../../src/store/model-versions/open.ts'
import { OpenedParts } from '../../../src/store/opened-parts.ts'
import { HeldClock } from '../runs/run-store.ts'
import { type Person, World } from '../sync/support/world.ts'
import { artifact, contentOf, model, opened, put, textOf } from './people.ts'

const died = new MlstoreError('IO_ERROR', 'The process died here.')

type Death = { readonly after: number; readonly isDone: boolean }

/** Parts that write so often, and then never again; the last write is done or not. */
async function mortalParts(
  t: TestContext,
  world: World,
  { folder, user, store }: Person,
): Promise<{ parts: OpenedParts; writes: () => number; dieAt: (death: Death) => void }> {
  const parts = new OpenedParts({
    fs: new NodeFileSystem(),
    directory: store.directory,
    // Who is dead does not try again a second later.
    environment: { ...world.environment(folder, user), clock: new HeldClock() },
    cwd: folder,
    progress: silentProgress,
    openRemote: () => Promise.reject(new TypeError('no remote here')),
    openExternal: () => Promise.reject(new TypeError('no bucket here')),
  })
  t.after(() => parts.close())
  await parts.loadFiles()
  const inner = parts.write
  let writes = 0
  let death: Death | undefined
  const write: typeof inner = async (work, signal) => {
    writes += 1
    if (death !== undefined && writes > death.after) throw died
    const result = await inner(work, signal)
    if (death !== undefined && death.isDone && writes === death.after) throw died
    return result
  }
  Object.assign(parts, { write })
  return { parts, writes: () => writes, dieAt: (next) => void (death = next) }
}

async function sealAndDie(t: TestContext, death: Death | undefined): Promise<number> {
  const world = new World(t)
  const anna = await world.store()
  const { parts, writes, dieAt } = await mortalParts(t, world, anna)
  const draft = await openModelVersion(parts, model)
  await put(draft, { 'model/a': 'a', 'model/b': 'b' })
  await draft.putContent(Buffer.from('stays'), 'local', { local: true })
  await draft.flush()
  const before = writes()
  if (death === undefined) {
    await draft.seal()
    return writes() - before
  }
  dieAt({ ...death, after: before + death.after })
  await assert.rejects(draft.seal(), { code: 'IO_ERROR' })

  const again = await world.open(anna.folder)
  const resumed = await opened(again, { id: draft.id })
  const { id } = await resumed.seal()
  assert.equal(id, draft.id)
  assert.deepEqual(await contentOf(again, id), { local: 'stays', 'model/a': 'a', 'model/b': 'b' })
  const versions = await again.store.log(artifact)
  assert.deepEqual(
    versions.map(({ label }) => label),
    [id],
    'one version, of all of it',
  )
  assert.equal(await textOf(await opened(again, { id, readOnly: true }), 'model/b'), 'b')
  assert.deepEqual((await again.store.fsck()).problems, [])
  const { runs } = await again.store.searchRuns()
  assert.deepEqual(
    runs.map(({ status }) => status),
    ['FINISHED'],
  )
  const [local] = await again.store.listArtifacts({ type: 'local' })
  assert.equal(local?.versions, 1, 'what stays is sealed, too')
  return 0
}

test('sealing that dies between any two of its writes is finished by the next process', async (t) => {
  const steps = await sealAndDie(t, undefined)
  assert.ok(steps >= 3, `sealing writes ${steps} times`)
  for (let after = 0; after < steps; after++) await sealAndDie(t, { after, isDone: false })
})

test('sealing that dies right after one of its writes is finished by the next process', async (t) => {
  const steps = await sealAndDie(t, undefined)
  for (let after = 1; after <= steps; after++) await sealAndDie(t, { after, isDone: true })
})
