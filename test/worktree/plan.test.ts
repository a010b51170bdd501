/** A plan replaces and deletes only what mlstore wrote, and reaches the target otherwise. */

import * as fc from 'fast-check'
import assert from 'node:assert/strict'
import { test } from 'node:test'

import type { Digest } from '../../src/core/digest.ts'
import type { TreeItem } from '../../src/core/tree/build.ts'
import { comparePaths } from '../../src/core/tree/name-order.ts'
import { MlstoreError } from '../../src/errors.ts'
import type { NameLimits } from '../../src/worktree/name-guard.ts'
import { type Plan, planChanges, type ScannedFile } from '../../src/worktree/plan.ts'
import type { ScanEntry } from '../../src/worktree/scan.ts'
import type { Step } from '../../src/worktree/step-list.ts'
import { anyFolder, contentsOf, type FolderSpec, itemsOf, listingOf } from './folder-spec.ts'

type Case = {
  readonly disk?: FolderSpec | undefined
  readonly previous?: FolderSpec
  readonly target: FolderSpec
  readonly force?: boolean
  readonly limits?: NameLimits
  /** Paths on disk that are sockets or tool folders. */
  readonly other?: readonly string[]
  readonly links?: number
}

/** A scan of the folder as it would be reported. */
function scanOf({ disk = {}, other = [], links = 1 }: Case): ScanEntry[] {
  const entries = itemsOf(disk).map((item): ScanEntry => {
    if (item.kind !== 'file') return item
    const stat = {
      kind: 'file',
      sizeBytes: item.size,
      mode: item.exec === true ? 0o755 : 0o644,
      mtimeNs: 5n,
      ctimeNs: 5n,
      inode: 9n,
      device: 1n,
      links,
    } as const
    return { kind: 'file', path: item.path, stat }
  })
  entries.push(...other.map((path) => ({ kind: 'other', path }) as const))
  return entries.sort((a, b) => comparePaths(a.path, b.path))
}

/** Cuts a list into batches of uneven lengths, empty ones too. */
function* batchesOf<T>(list: readonly T[]): Generator<readonly T[]> {
  for (let at = 0, length = 0; at < list.length; at += length, length = (length + 1) % 4) {
    yield list.slice(at, at + length)
  }
}

async function plan(given: Case): Promise<Plan & { asked: string[] }> {
  const texts = new Map(itemsOf(given.disk ?? {}).map((item) => [item.path, item]))
  const asked: string[] = []
  const digestsOf = async (files: readonly ScannedFile[]): Promise<Digest[]> =>
    files.map(({ path }) => {
      asked.push(path)
      const item = texts.get(path)
      assert.ok(item?.kind === 'file')
      return item.digest
    })
  const { force, limits } = given
  const disk = 'disk' in given && given.disk === undefined ? undefined : batchesOf(scanOf(given))
  const previous = batchesOf(itemsOf(given.previous ?? {}))
  const target = batchesOf(itemsOf(given.target))
  return { ...(await planChanges({ disk, previous, target, digestsOf, force, limits })), asked }
}

const words = async (given: Case): Promise<string[]> =>
  [...(await plan(given)).steps].map((step) => `${step.op} ${step.path}`)

function conflictsOf(given: Case): Promise<unknown> {
  return plan(given).then(
    () => [],
    (error: unknown) => {
      assert.ok(error instanceof MlstoreError && error.code === 'WORKING_TREE_CHANGED')
      return error.details?.['paths']
    },
  )
}

test('makes a folder that is not there, with everything in it', async () => {
  const target = { a: 'x', d: { b: { link: '../a' } }, e: {} }
  assert.deepEqual(await words({ disk: undefined, target }), [
    'mkdir ',
    'write a',
    'mkdir d',
    'link d/b',
    'mkdir e',
  ])
})

test('does nothing where everything is as it should be', async () => {
  const target: FolderSpec = {
    a: 'x',
    d: { b: { link: '../a' }, c: { text: 'y', exec: true } },
    e: {},
  }
  const { steps, files, sizeBytes, writtenFiles } = await plan({ disk: target, target })
  assert.equal(steps.length, 0)
  assert.deepEqual([files, sizeBytes, writtenFiles], [3, 2, 0])
})

test('replaces and removes what it wrote last, and folders that are empty then', async () => {
  const disk = { a: 'one', b: { c: 'two', d: { e: 'x' } }, l: { link: 'a' } }
  const target = { a: 'new', l: { link: 'b' } }
  assert.deepEqual(await words({ disk, previous: disk, target }), [
    'write a',
    'remove b/c',
    'remove b/d/e',
    'rmdir b/d',
    'rmdir b',
    'unlink l',
    'link l',
  ])
})

test('writes again what the user deleted', async () => {
  const target = { a: 'one', d: { b: 'x' } }
  assert.deepEqual(await words({ disk: { d: {} }, previous: target, target }), [
    'write a',
    'write d/b',
  ])
})

test('leaves files alone that neither tree knows, and the folders they are in', async () => {
  const disk = { mine: 'm', d: { ours: 'x', e: { mine: 'm' } }, own: { empty: {} } }
  const previous = { d: { ours: 'x', e: {} } }
  assert.deepEqual(await words({ disk, previous, target: {} }), ['remove d/ours'])
})

for (const [title, given] of Object.entries<Case & { conflicts: string[] }>({
  'an edited file that shall change': {
    disk: { a: 'mine' },
    previous: { a: 'old' },
    target: { a: 'new' },
    conflicts: ['a'],
  },
  'an edited file that shall stay as it was': {
    disk: { a: 'mine' },
    previous: { a: 'old' },
    target: { a: 'old' },
    conflicts: ['a'],
  },
  'an edited file of the same size': {
    disk: { a: 'mew' },
    previous: { a: 'old' },
    target: { a: 'new' },
    conflicts: ['a'],
  },
  'an edited file that shall go': {
    disk: { d: { a: 'mine' } },
    previous: { d: { a: 'old' } },
    target: {},
    conflicts: ['d/a'],
  },
  'an untracked file in the way': { disk: { a: 'mine' }, target: { a: 'new' }, conflicts: ['a'] },
  'an untracked file in the way of a folder': {
    disk: { a: 'mine' },
    target: { a: { b: 'x' } },
    conflicts: ['a'],
  },
  'an untracked link in the way': {
    disk: { a: { link: 'b' } },
    target: { a: 'new' },
    conflicts: ['a'],
  },
  'a link that was changed': {
    disk: { a: { link: 'c' } },
    previous: { a: { link: 'b' } },
    target: {},
    conflicts: ['a'],
  },
  'a folder with files of the user where a file shall be': {
    disk: { a: { mine: 'm', ours: 'x', d: { more: 'm' } } },
    previous: { a: { ours: 'x' } },
    target: { a: 'new' },
    conflicts: ['a/d/more', 'a/mine'],
  },
})) {
  test(`finds the conflict with ${title}, and lets it go with force`, async () => {
    const { conflicts, ...rest } = given
    assert.deepEqual(await conflictsOf(rest), conflicts)
    assert.deepEqual(await conflictsOf({ ...rest, force: true }), [])
  })
}

test('lists all conflicts at once', async () => {
  const disk = Object.fromEntries(Array.from({ length: 2000 }, (_, i) => [`f${i}`, 'mine']))
  const target = Object.fromEntries(Array.from({ length: 2000 }, (_, i) => [`f${i}`, 'new']))
  const conflicts = await conflictsOf({ disk, target })
  assert.ok(Array.isArray(conflicts) && conflicts.length === 2000)
})

test('takes what already has the right bytes, whoever wrote it', async () => {
  assert.deepEqual(
    await words({ disk: { a: 'x', l: { link: 'a' } }, target: { a: 'x', l: { link: 'a' } } }),
    [],
  )
})

test('turns files into folders and folders into files and links', async () => {
  const one: FolderSpec = { a: 'x', b: { c: 'y', d: {} }, e: { f: 'z' } }
  const two: FolderSpec = { a: { n: 'x' }, b: 'y', e: { link: 'b' } }
  assert.deepEqual(await words({ disk: one, previous: one, target: two }), [
    'remove a',
    'mkdir a',
    'write a/n',
    'write b',
    'remove b/c',
    'cleardir b/d',
    'cleardir b',
    'link e',
    'remove e/f',
    'cleardir e',
  ])
})

test('changes only the executable bit where only that differs', async () => {
  const disk: FolderSpec = { a: { text: 'x', exec: true }, b: 'y' }
  const target: FolderSpec = { a: 'x', b: { text: 'y', exec: true } }
  const { steps } = await plan({ disk, target })
  assert.deepEqual(
    [...steps].map(({ op }) => op),
    ['chmod', 'chmod'],
  )
  assert.deepEqual(await words({ disk, target, links: 2 }), ['write a', 'write b'])
  assert.deepEqual(await words({ disk, target, limits: { foldsCase: false, windows: true } }), [])
})

test('reads only files whose size leaves it open what they are', async () => {
  const disk = { same: 'abc', longer: 'abcd', mine: 'abc', gone: 'xy' }
  const { asked } = await plan({
    disk,
    previous: { longer: 'abc', gone: 'xy' },
    target: { same: 'xyz' },
    force: true,
  })
  assert.deepEqual(asked, ['gone', 'same'])
})

test('does not delete sockets and tool folders, not even with force', async () => {
  const target = { a: 'x' }
  assert.deepEqual(await conflictsOf({ other: ['a'], target, force: true }), ['a'])
  const inTheWay = { disk: { a: { b: 'x' } }, other: ['a/.git'], target, force: true }
  assert.deepEqual(await conflictsOf(inTheWay), ['a/.git'])
  const kept = {
    disk: { a: { b: 'x' } },
    previous: { a: { b: 'x' } },
    other: ['a/.git'],
    target: {},
  }
  assert.deepEqual(await words(kept), ['remove a/b'])
})

const folding: NameLimits = { foldsCase: true, windows: false }

test('refuses names that fold into one, naming both, before anything is written', async () => {
  const clashes: FolderSpec[] = [
    { d: { README: 'a', readme: 'b' } },
    { d: { '\u00E9': 'a', 'e\u0301': 'b' } },
    { d: { A: { x: 'a' }, a: { y: 'b' } } },
    { d: { straße: 'a', STRASSE: 'b' } },
  ]
  for (const target of clashes) {
    const [one = '', other = ''] = Object.keys(target['d'] ?? {})
    await assert.rejects(plan({ disk: undefined, target, limits: folding }), (error) => {
      assert.ok(error instanceof MlstoreError && error.code === 'INVALID_ARGUMENT')
      return error.message.includes(`d/${one}`) && error.message.includes(`d/${other}`)
    })
    assert.ok((await plan({ disk: undefined, target })).steps.length > 0)
  }
})

test('counts files of the user among the names, and not what will be removed', async () => {
  const clash = { disk: { readme: 'mine' }, target: { README: 'x' }, limits: folding }
  await assert.rejects(plan(clash), { code: 'INVALID_ARGUMENT' })
  const renamed = {
    disk: { readme: 'x' },
    previous: { readme: 'x' },
    target: { README: 'x' },
    limits: folding,
  }
  assert.deepEqual(await words(renamed), ['write README', 'remove readme'])
  const apart = { a: { x: '' }, b: { X: '' } }
  assert.equal((await plan({ disk: undefined, target: apart, limits: folding })).files, 2)
})

test('refuses what Windows cannot hold, when it is Windows', async () => {
  const limits = { foldsCase: false, windows: true }
  for (const name of ['aux', 'a:b', 'a.', 'con.txt']) {
    const given = { disk: undefined, target: { d: { [name]: 'x' } } }
    await assert.rejects(plan({ ...given, limits }), { code: 'INVALID_ARGUMENT' })
    await plan(given)
  }
})

test('refuses lists that are not sorted', async () => {
  const target: TreeItem[] = [
    { kind: 'directory', path: 'b' },
    { kind: 'directory', path: 'a' },
  ]
  const digestsOf = async (): Promise<[]> => []
  await assert.rejects(planChanges({ disk: undefined, target: [target], digestsOf }), {
    code: 'CORRUPT',
  })
})

test('stops when it is interrupted', async () => {
  const target = [itemsOf({ a: 'x' })]
  const signal = AbortSignal.abort()
  const digestsOf = async (): Promise<[]> => []
  await assert.rejects(planChanges({ disk: undefined, target, digestsOf, signal }), {
    code: 'INTERRUPTED',
  })
})

/** Applies the steps to a listing: the model of what materialize does. */
function applied(
  disk: FolderSpec,
  target: FolderSpec,
  steps: Iterable<Step>,
): Record<string, string> {
  const result: Record<string, string> = { ...listingOf(disk) }
  const wanted = listingOf(target)
  const all = [...steps]
  for (const { op, path } of all) {
    if (!['remove', 'unlink', 'rmdir', 'cleardir'].includes(op)) continue
    assert.ok(path in result, `${op} ${path}`)
    assert.ok(!Object.keys(result).some((other) => other.startsWith(`${path}/`)), `${op} ${path}`)
    delete result[path]
  }
  for (const { op, path } of all) {
    if (!['write', 'chmod', 'link', 'mkdir'].includes(op)) continue
    const parent = path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : undefined
    assert.ok(parent === undefined || result[parent] === 'directory', `${op} ${path}`)
    result[path] = wanted[path] ?? 'nothing'
  }
  return result
}

const few = fc.constantFrom('a', 'b', 'a-b')
const anySmall = anyFolder(few)

test('with force, any folder becomes the target plus what neither tree knew', async () => {
  await fc.assert(
    fc.asyncProperty(anySmall, anySmall, anySmall, async (disk, previous, target) => {
      const { steps, removedFiles } = await plan({ disk, previous, target, force: true })
      const result = applied(disk, target, steps)
      const [before, was, wanted] = [listingOf(disk), listingOf(previous), listingOf(target)]
      for (const [path, line] of Object.entries(wanted)) assert.equal(result[path], line)
      for (const path of Object.keys(result)) {
        if (path in wanted) continue
        const ours =
          was[path]?.split(' ')[0] === before[path]?.split(' ')[0] && before[path] !== 'directory'
        assert.ok(!ours, `${path} should be gone`)
      }
      const removed = [...steps].filter(({ op }) => op === 'remove' || op === 'unlink').length
      assert.equal(removedFiles, removed)
    }),
    { numRuns: 300 },
  )
})

test('without force, no bytes are touched that mlstore did not write', async () => {
  let conflicts = 0
  await fc.assert(
    fc.asyncProperty(anySmall, anySmall, anySmall, async (disk, previous, target) => {
      const [before, was] = [listingOf(disk), listingOf(previous)]
      const content = (line: string | undefined): string | undefined =>
        line?.replace(/^exec/, 'file')
      const made = await plan({ disk, previous, target }).catch(() => undefined)
      if (made === undefined) return void (conflicts += 1)
      for (const { op, path } of made.steps) {
        const replaces = op === 'write' && path in before && before[path] !== 'directory'
        if (op === 'remove' || op === 'unlink' || replaces)
          assert.equal(content(before[path]), content(was[path]))
      }
      const result = applied(disk, target, made.steps)
      for (const [path, line] of Object.entries(listingOf(target))) assert.equal(result[path], line)
      return undefined
    }),
    { numRuns: 300 },
  )
  assert.ok(conflicts > 0)
})

test('a second run after the plan was applied has nothing to do', async () => {
  await fc.assert(
    fc.asyncProperty(anySmall, anySmall, async (previous, target) => {
      assert.equal((await plan({ disk: target, previous, target })).steps.length, 0)
      assert.ok(contentsOf(target).size >= 0)
    }),
  )
})
