/** doctor and remote doctor say in words what is as it should be and what is not. */

import assert from 'node:assert/strict'
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'

import type { RemoteDoctorResult } from '../../../src/store/results.ts'
import { TestRepository } from '../../support/store.ts'
import { filesIn, repositoryWithData } from './damage-store.ts'

async function checksOf({ store }: TestRepository): Promise<Map<string, string>> {
  const { checks } = await store.doctor()
  return new Map(checks.map(({ name, ok, detail }) => [name, `${ok ? 'ok' : 'FAIL'}: ${detail}`]))
}

test('a healthy store passes every check, and nothing is left behind', async (context) => {
  const { repository } = await repositoryWithData(context)
  await repository.store.push()
  const checks = await checksOf(repository)
  assert.deepEqual(
    [...checks].filter(([, detail]) => !detail.startsWith('ok')),
    [],
  )
  assert.match(checks.get('file system') ?? '', /writable, hard links/)
  assert.match(checks.get('lock') ?? '', /free/)
  assert.match(checks.get('remote origin') ?? '', /the default, known up to entry 1/)
  assert.deepEqual(filesIn(repository.folder, '.mlstore', 'tmp'), [])
})

test('damaged settings, a damaged catalog and leftovers are named', async (context) => {
  const { repository } = await repositoryWithData(context)
  await repository.store.close()
  writeFileSync(repository.at('.mlstore', 'index.sqlite'), 'no database'.repeat(1000))
  mkdirSync(repository.at('.mlstore', 'damaged'))
  writeFileSync(repository.at('.mlstore', 'damaged', 'x.pack'), '')
  const checks = await checksOf(repository)
  assert.match(checks.get('catalog') ?? '', /^FAIL: .*reindex/)
  assert.match(checks.get('leftovers') ?? '', /1 in damaged/)
  writeFileSync(repository.at('mlstore.json'), '{')
  assert.match((await checksOf(repository)).get('settings') ?? '', /^FAIL/)
})

test('where credentials of a remote come from is said, and never what they are', async (context) => {
  const repository = await TestRepository.create(context)
  const settings = { url: 's3://bucket/prefix', endpointUrl: 'http://localhost:1', region: 'x' }
  await repository.store.addRemote({ name: 'my-remote', settings })
  await repository.store.addRemote({ name: 'open', settings: { ...settings, anonymous: true } })
  const checks = await checksOf(repository)
  assert.match(checks.get('remote my-remote') ?? '', /MLSTORE_REMOTE_MY_REMOTE_\*/)
  assert.match(checks.get('remote open') ?? '', /not signed/)
})

test('the holder of the lock is named', async (context) => {
  const { repository } = await repositoryWithData(context)
  const other = await repository.open()
  let checks: ReadonlyMap<string, string> = new Map()
  await holdingLock(repository, async () => {
    checks = await checksOf(repository)
  })
  assert.match(checks.get('lock') ?? '', /held by someone/)
  await other.setAlias('dataset/x', 'prod')
})

async function holdingLock(repository: TestRepository, work: () => Promise<void>): Promise<void> {
  const { WriterLock } = await import('../../../src/catalog/writer-lock.ts')
  const { clock, ids } = repository.environment
  const path = repository.at('.mlstore', 'lock.sqlite')
  const lock = new WriterLock(path, { clock, ids, owner: 'someone@elsewhere' })
  using _held = await lock.acquire({ timeoutMs: 1000 })
  await work()
}

test('remote doctor: a folder can do everything, before and after the first push', async (context) => {
  const { repository } = await repositoryWithData(context)
  setRealTime(repository)
  const before = await repository.store.doctorRemote('origin')
  assert.deepEqual(before.problems, [])
  assert.deepEqual([before.repoId, before.seq], [null, null])
  assert.deepEqual(before.capabilities, { conditionalCreate: true, list: true, range: true })
  await repository.store.push()
  const after = await repository.store.doctorRemote()
  assert.deepEqual(after.problems, [])
  assert.equal(after.seq, 1)
  assert.ok(after.repoId !== null)
})

test('remote doctor tells what is not known yet, and what was replaced', async (context) => {
  const { repository, remote } = await repositoryWithData(context)
  await repository.store.push()
  const other = await TestRepository.create(context, { seed: '1' })
  await other.store.addRemote({ name: 'origin', settings: { url: remote.url }, singleWriter: true })
  const health = await healthOf(other)
  assert.match(health.warnings.join(' '), /never fetched here/)
  assert.match(health.warnings.join(' '), /--single-writer, and need not be/)
  await other.store.fetch()
  for (let index = 0; index < 5; index++) {
    await repository.store.setTags('dataset/x', { index: `${index}` })
    await repository.store.push()
  }
  const later = await healthOf(other)
  assert.match(later.warnings.join(' '), /5 entries are not known here yet/)
  assert.equal(later.seq, 6)
  const [last = ''] = filesIn(remote.folder, 'log').slice(-1)
  rmSync(last)
  const replaced = await repository.store.doctorRemote('origin')
  assert.match(replaced.problems.join(' '), /rolled back or replaced/)
})

test('remote doctor makes nothing where the repository is gone, as on a drive that is not mounted', async (context) => {
  const { repository, remote } = await repositoryWithData(context)
  await repository.store.push()
  rmSync(remote.folder, { recursive: true })
  const health = await healthOf(repository)
  assert.match(health.problems.join(' '), /mounted/)
  assert.match(health.warnings.join(' '), /Nothing was tried/)
  assert.ok(!existsSync(remote.folder))
})

function healthOf({ store }: TestRepository): Promise<RemoteDoctorResult> {
  return store.doctorRemote('origin')
}

/** Files of a remote in a folder have the time of this machine. */
function setRealTime({ environment: { clock } }: TestRepository, aheadSeconds = 0): void {
  clock.turn((Date.now() - clock.now().getTime()) / 1000 + aheadSeconds)
}

test('remote doctor notices a clock that is wrong', async (context) => {
  const { repository } = await repositoryWithData(context)
  for (const [aheadSeconds, words] of [
    [-7200, '120 minutes behind'],
    [3600, '60 minutes ahead'],
  ] as const) {
    setRealTime(repository, aheadSeconds)
    const { problems } = await repository.store.doctorRemote('origin')
    assert.equal(problems.length, 1)
    assert.ok(problems[0]?.includes(words), problems[0])
  }
})
