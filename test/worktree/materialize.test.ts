/** Materialize makes a folder what a version says, and never more than that. */

import * as fc from 'fast-check'
import assert from 'node:assert/strict'
import * as nodeFs from 'node:fs'
import { basename, join } from 'node:path'
import { test } from 'node:test'

import { digestOf } from '../../src/core/digest.ts'
import { MlstoreError } from '../../src/errors.ts'
import { NodeFileSystem } from '../../src/objects/node-file-system.ts'
import type { StatRow } from '../../src/ports/stat-cache.ts'
import { materialize } from '../../src/worktree/materialize.ts'
import { foldsCase } from '../../src/worktree/name-guard.ts'
import { lookup } from '../../src/worktree/stat-index.ts'
import { type Step, StepList } from '../../src/worktree/step-list.ts'
import { InterceptedFileSystem } from '../support/intercepted-file-system.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { checkout } from './checkout.ts'
import { anyFolder, type FolderSpec, listFolder, listingOf, writeFolder } from './folder-spec.ts'
import { FoldingFileSystem } from './folding-file-system.ts'

const node = new NodeFileSystem()

function stepsOf(...steps: Step[]): StepList {
  const list = new StepList()
  for (const step of steps) list.add(step)
  return list
}

const text = 'content'
const content = { digest: digestOf(Buffer.from(text)), sizeBytes: text.length, executable: false }
const writeOf = (path: string): Step => ({ op: 'write', path, content, seen: undefined })

/** Twenty files: more than are flushed one by one. */
const many: FolderSpec = Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`f${i}`, `${i}`]))

test('writes any folder of odd names as it should be, into a folder that was not there', async (context) => {
  const folder = temporaryFolder(context)
  let run = 0
  await fc.assert(
    fc.asyncProperty(anyFolder(), async (target) => {
      const root = join(folder, String(run++))
      await checkout({ root, target })
      assert.deepEqual(listFolder(root), listingOf(target))
    }),
    { numRuns: 60 },
  )
  assert.deepEqual(
    nodeFs.readdirSync(folder).filter((name) => name.startsWith('.')),
    [],
  )
})

test('turns any version into any other, and leaves nothing else behind', async (context) => {
  const folder = temporaryFolder(context)
  const few = anyFolder(fc.constantFrom('a', 'b', 'a-b', 'A'))
  let run = 0
  await fc.assert(
    fc.asyncProperty(few, few, async (previous, target) => {
      const root = join(folder, String(run++))
      writeFolder(root, previous)
      await checkout({ root, previous, target })
      assert.deepEqual(listFolder(root), listingOf(target))
    }),
    { numRuns: 100 },
  )
})

test('syncs no folder that is gone, nor what a link in its place leads to', async (context) => {
  const root = join(temporaryFolder(context), 'data')
  const previous = { a: { a: { a: 'x' } } }
  for (const target of [{}, { a: { link: './a/b' } }, { a: { link: '.' } }, { a: 'file' }]) {
    nodeFs.rmSync(root, { recursive: true, force: true })
    writeFolder(root, previous)
    await checkout({ root, previous, target })
    assert.deepEqual(listFolder(root), listingOf(target))
  }
})

test('keeps edits made before the scan, between scan and writing, and untracked files', async (context) => {
  const root = join(temporaryFolder(context), 'data')
  const previous = { a: 'one', b: { c: 'two' }, gone: 'three' }
  const target = { a: 'new', b: { c: 'newer' } }
  for (const path of ['a', 'b/c', 'gone']) {
    nodeFs.rmSync(root, { recursive: true, force: true })
    writeFolder(root, previous)
    nodeFs.writeFileSync(join(root, 'mine'), 'mine')
    const before = listFolder(root)
    const edit = (): void => nodeFs.writeFileSync(join(root, path), 'edited by hand')
    await assert.rejects(checkout({ root, previous, target, between: edit }), {
      code: 'WORKING_TREE_CHANGED',
    })
    assert.deepEqual(listFolder(root), { ...before, [path]: 'file edited by hand' })
    await assert.rejects(checkout({ root, previous, target }), { code: 'WORKING_TREE_CHANGED' })
    assert.deepEqual(listFolder(root), { ...before, [path]: 'file edited by hand' })
    await checkout({ root, previous, target, plan: { force: true } })
    assert.deepEqual(listFolder(root), { ...listingOf(target), mine: 'file mine' })
  }
})

test('does not replace a file that appeared after the scan', async (context) => {
  const root = join(temporaryFolder(context), 'data')
  writeFolder(root, { a: 'one' })
  const between = (): void => nodeFs.writeFileSync(join(root, 'b'), 'mine')
  await assert.rejects(
    checkout({ root, previous: { a: 'one' }, target: { a: 'one', b: 'new' }, between }),
    {
      code: 'WORKING_TREE_CHANGED',
    },
  )
  assert.equal(nodeFs.readFileSync(join(root, 'b'), 'utf8'), 'mine')
})

test('does not replace a folder that appeared where it would make one', async (context) => {
  const root = join(temporaryFolder(context), 'data')
  const between = (): void => writeFolder(root, { mine: 'mine' })
  await assert.rejects(checkout({ root, target: { a: 'x' }, between }), {
    code: 'WORKING_TREE_CHANGED',
  })
  assert.deepEqual(listFolder(root), { mine: 'file mine' })
})

test('writes and removes nothing through a link that took a folder’s place', async (context) => {
  const folder = temporaryFolder(context)
  const root = join(folder, 'data')
  const previous = { d: { a: 'one', gone: 'x' } }
  writeFolder(join(folder, 'outside'), { a: 'one', gone: 'x' })
  const swap = (): void => {
    nodeFs.rmSync(join(root, 'd'), { recursive: true })
    nodeFs.symlinkSync('../outside', join(root, 'd'))
  }
  for (const target of [{ d: { a: 'new' } }, { d: { a: 'one', b: 'new' } }, {}]) {
    nodeFs.rmSync(root, { recursive: true, force: true })
    writeFolder(root, previous)
    await assert.rejects(checkout({ root, previous, target, between: swap }), {
      code: 'WORKING_TREE_CHANGED',
    })
    assert.deepEqual(listFolder(join(folder, 'outside')), { a: 'file one', gone: 'file x' })
  }
})

for (const path of ['../x', '/x', 'a/../../x', 'a//b', './x', 'a/.', 'a\0b', '', 'a/']) {
  test(`refuses the path ${JSON.stringify(path)} before anything is written`, async (context) => {
    const root = temporaryFolder(context)
    for (const step of [
      writeOf(path),
      { op: 'link', path, target: 'x' },
      { op: 'rmdir', path },
    ] as const) {
      const request = {
        root,
        steps: stepsOf(writeOf('ok'), step),
        content: () => Buffer.from(text),
        id: 'a',
      }
      await assert.rejects(materialize(node, request), { code: 'CORRUPT' })
    }
    assert.deepEqual(nodeFs.readdirSync(root), [])
  })
}

test('refuses to write into tool folders and links that lead outside', async (context) => {
  const root = temporaryFolder(context)
  const run = (step: Step): Promise<void> =>
    materialize(node, { root, steps: stepsOf(step), content: () => Buffer.from(text), id: 'a' })
  for (const path of [
    '.git/hooks/pre-commit',
    'd/.GIT',
    '.mlstore/index.sqlite',
    '.x.mlstore-tmp-1',
  ]) {
    await assert.rejects(run(writeOf(path)), { code: 'REFUSED' })
  }
  for (const target of ['/etc/passwd', '../x', '']) {
    await assert.rejects(run({ op: 'link', path: 'l', target }), { code: 'CORRUPT' })
  }
  assert.deepEqual(nodeFs.readdirSync(root), [])
})

test('names both files that a folding file system takes for one, and writes neither', async (context) => {
  const folder = temporaryFolder(context)
  const fs = new FoldingFileSystem()
  assert.equal(foldsCase(fs, folder, 'x'), true)
  assert.equal(foldsCase(node, folder, 'x'), false)
  const root = join(folder, 'new')
  for (const target of [
    { d: { README: 'a', readme: 'b' } },
    { d: { X: { a: 'a' }, x: { b: 'b' } } },
  ]) {
    const [one = '', other = ''] = Object.keys(target.d)
    await assert.rejects(checkout({ root, target, fs }), (error) => {
      assert.ok(error instanceof MlstoreError && error.code === 'INVALID_ARGUMENT')
      return error.message.includes(`d/${one}`) && error.message.includes(`d/${other}`)
    })
    assert.deepEqual(nodeFs.readdirSync(folder), [])
  }
  writeFolder(root, { readme: 'mine' })
  await assert.rejects(checkout({ root, target: { README: 'a' }, fs }), {
    code: 'INVALID_ARGUMENT',
  })
  assert.deepEqual(listFolder(root), { readme: 'file mine' })
})

test('gives a file another name in case alone on a folding file system', async (context) => {
  const root = join(temporaryFolder(context), 'data')
  writeFolder(root, { readme: 'a' })
  await checkout({
    root,
    previous: { readme: 'a' },
    target: { README: 'b' },
    fs: new FoldingFileSystem(),
  })
  assert.deepEqual(listFolder(root), { README: 'file b' })
})

test('refuses content of the wrong length, given at once or in pieces', async (context) => {
  const folder = temporaryFolder(context)
  async function* pieces(...lengths: number[]): AsyncGenerator<Uint8Array> {
    for (const length of lengths) yield Buffer.alloc(length)
  }
  const wrong = [
    Buffer.alloc(6),
    Buffer.alloc(8),
    pieces(),
    pieces(3, 3),
    pieces(7, 1),
    pieces(8),
    pieces(4, 4),
  ]
  for (const bytes of wrong) {
    const steps = stepsOf({ op: 'mkdir', path: '' }, writeOf('a'))
    const request = { root: join(folder, 'new'), steps, content: () => bytes, id: 'a' }
    await assert.rejects(materialize(node, request), { code: 'CORRUPT' })
    assert.deepEqual(nodeFs.readdirSync(folder), [])
  }
})

test('writes content that comes in pieces, large ones too', async (context) => {
  const root = temporaryFolder(context)
  const bytes = Buffer.alloc(700_000, 'abc')
  async function* pieces(): AsyncGenerator<Uint8Array> {
    yield bytes.subarray(0, 300_000)
    yield bytes.subarray(300_000, 300_001)
    yield new Uint8Array(0)
    yield bytes.subarray(300_001)
  }
  const big = { digest: digestOf(bytes), sizeBytes: bytes.length, executable: true }
  const steps = stepsOf({ op: 'write', path: 'big', content: big, seen: undefined })
  const progress = { files: 0, bytes: 0 }
  await materialize(node, {
    root,
    steps,
    content: pieces,
    id: 'a',
    onProgress: ({ files = 0, bytes: done = 0 }) => {
      progress.files += files
      progress.bytes += done
    },
  })
  assert.ok(nodeFs.readFileSync(join(root, 'big')).equals(bytes))
  assert.deepEqual(progress, { files: 1, bytes: bytes.length })
})

test('asks for no content of empty files', async (context) => {
  const root = join(temporaryFolder(context), 'data')
  const refuse = (): never => assert.fail('content was asked for')
  await checkout({
    root,
    target: { a: '', b: { text: '', exec: true } },
    materialize: { content: refuse },
  })
  assert.deepEqual(listFolder(root), { a: 'file ', b: 'exec ' })
})

test('sets permissions as the umask allows and changes only executable bits', async (context) => {
  const root = join(temporaryFolder(context), 'data')
  const modeOf = (path: string): number => nodeFs.statSync(join(root, path)).mode & 0o777
  const before = process.umask(0o027)
  try {
    await checkout({ root, target: { a: 'x', b: { text: 'y', exec: true } } })
    assert.deepEqual([modeOf('a'), modeOf('b')], [0o640, 0o750])
    const swapped: FolderSpec = { a: { text: 'x', exec: true }, b: 'y' }
    const inode = nodeFs.statSync(join(root, 'a')).ino
    await checkout({ root, target: swapped })
    assert.deepEqual([modeOf('a'), modeOf('b')], [0o750, 0o640])
    assert.equal(nodeFs.statSync(join(root, 'a')).ino, inode)
  } finally {
    process.umask(before)
  }
})

test('links stored content where it is asked to, and never executable or empty files', async (context) => {
  const folder = temporaryFolder(context)
  const root = join(folder, 'data')
  const stored = join(folder, 'stored')
  nodeFs.writeFileSync(stored, 'x', { mode: 0o444 })
  const place = async (digest: string, path: string): Promise<boolean> => {
    if (digest !== digestOf(Buffer.from('x'))) return false
    nodeFs.linkSync(stored, path)
    return true
  }
  const target: FolderSpec = { a: 'x', b: 'y', c: { text: 'x', exec: true }, d: '' }
  await checkout({ root, target, materialize: { place } })
  assert.deepEqual(listFolder(root), listingOf(target))
  assert.equal(nodeFs.statSync(join(root, 'a')).nlink, 2)
  assert.equal(nodeFs.statSync(join(root, 'c')).nlink, 1)
  await checkout({ root, previous: target, target: { ...target, a: { text: 'x', exec: true } } })
  assert.equal(nodeFs.statSync(stored).mode & 0o777, 0o444)
  assert.equal(nodeFs.statSync(stored).nlink, 1)
})

test('refuses a link to content of another length', async (context) => {
  const folder = temporaryFolder(context)
  const place = async (_: string, path: string): Promise<boolean> => {
    nodeFs.writeFileSync(path, 'longer')
    return true
  }
  const made = checkout({ root: join(folder, 'data'), target: { a: 'x' }, materialize: { place } })
  await assert.rejects(made, { code: 'CORRUPT' })
})

test('copies and renames where a folder in between is on another file system', async (context) => {
  const folder = temporaryFolder(context)
  const root = join(folder, 'data')
  writeFolder(root, { mount: { a: 'old' } })
  const fs = new InterceptedFileSystem(node)
  let refused = 0
  const isApart = (from: string, to: string): boolean =>
    from.includes('/.mlstore-tmp-') && to.startsWith(join(root, 'mount/'))
  const rename = fs.rename.bind(fs)
  fs.rename = (from, to) => {
    if (!isApart(from, to)) return rename(from, to)
    refused += 1
    throw new MlstoreError('IO_ERROR', 'EXDEV', { details: { system: 'EXDEV' } })
  }
  const target: FolderSpec = {
    mount: { a: 'new', b: { c: { text: 'x', exec: true }, d: {}, l: { link: 'c' } } },
  }
  await checkout({ root, previous: { mount: { a: 'old' } }, target, fs })
  assert.deepEqual(listFolder(root), listingOf(target))
  assert.equal(refused, 2)
  assert.deepEqual(nodeFs.readdirSync(root), ['mount'])
})

for (const [title, target] of Object.entries({
  'a few files': { a: 'x', d: { b: 'y' } },
  'many files': many,
})) {
  test(`makes ${title} durable before they get their names, and the names after`, async (context) => {
    const folder = temporaryFolder(context)
    const roots = [join(folder, 'new'), join(folder, 'old')]
    writeFolder(join(folder, 'old'), {})
    for (const root of roots) {
      const fs = new InterceptedFileSystem(node)
      const isBulk = target === many
      let dirty = 0
      let renamed = 0
      fs.before('write', (path) => (dirty += path.endsWith('+clock') ? 0 : 1))
      fs.before('sync', () => (dirty -= 1))
      fs.before('syncFileSystem', () => {
        dirty = 0
        renamed = 0
      })
      fs.before('syncDirectory', () => (renamed = 0))
      fs.before('rename', () => {
        assert.equal(dirty, 0)
        renamed += 1
      })
      let rows = 0
      const onRows = (batch: readonly unknown[]): void => {
        assert.equal(renamed, 0)
        rows += batch.length
      }
      await checkout({ root, target, fs, materialize: { onRows } })
      assert.equal(renamed, 0)
      assert.equal(rows, Object.keys(listingOf(target)).length - (isBulk ? 0 : 1))
      assert.equal(fs.calls.includes('syncFileSystem'), isBulk)
      assert.equal(fs.calls.includes('sync'), !isBulk)
    }
  })
}

test('flushes files one by one where the file system cannot be flushed as a whole', async (context) => {
  const root = join(temporaryFolder(context), 'data')
  const fs = new InterceptedFileSystem(node)
  fs.syncFileSystem = async () => false
  await checkout({ root, target: { ...many, d: many, e: { f: many } }, fs })
  assert.equal(fs.calls.filter((call) => call === 'sync').length, 60)
  assert.deepEqual(listFolder(root), listingOf({ ...many, d: many, e: { f: many } }))
})

test('a failed flush is an error, and nothing has its name yet', async (context) => {
  const folder = temporaryFolder(context)
  const fail = (): never => {
    throw new MlstoreError('IO_ERROR', 'EIO')
  }
  const each = new InterceptedFileSystem(node)
  each.before('sync', fail)
  const whole = new InterceptedFileSystem(node)
  let flushes = 0
  whole.syncFileSystem = async () => ++flushes < 2
  for (const [fs, target] of [
    [each, { a: 'x' }],
    [whole, many],
  ] as const) {
    await assert.rejects(checkout({ root: join(folder, 'data'), target, fs }), { code: 'IO_ERROR' })
    assert.deepEqual(nodeFs.readdirSync(folder), [])
  }
})

test('gives rows for what it wrote, and none for a file that changed since', async (context) => {
  const root = join(temporaryFolder(context), 'data')
  const previous: FolderSpec = { a: 'old', keep: 'k', x: 'e' }
  writeFolder(root, previous)
  const fs = new InterceptedFileSystem(node)
  const edited = join(root, 'd', 'edited')
  fs.before('syncDirectory', () => {
    if (nodeFs.existsSync(edited)) nodeFs.writeFileSync(edited, 'two')
  })
  const target: FolderSpec = {
    a: 'new',
    d: { b: 'one', edited: 'one' },
    keep: 'k',
    x: { text: 'e', exec: true },
  }
  const { rows } = await checkout({ root, previous, target, fs })
  assert.deepEqual([...rows.keys()].sort(), [
    join(root, 'a'),
    join(root, 'd', 'b'),
    join(root, 'x'),
  ])
  for (const [path, row] of rows) {
    const stat = node.lstat(path)
    assert.ok(stat)
    assert.equal(lookup(stat, row), digestOf(nodeFs.readFileSync(path)))
  }
})

test('a same-size edit right after it returned is never taken for what was written', async (context) => {
  const folder = temporaryFolder(context)
  for (let round = 0; round < 40; round++) {
    const root = join(folder, String(round))
    if (round % 2 === 0) writeFolder(root, {})
    const edit = (rows: readonly (readonly [string, StatRow])[]): void => {
      for (const [path, row] of rows) {
        nodeFs.writeFileSync(path, 'two')
        const stat = node.lstat(path)
        assert.ok(stat)
        assert.equal(lookup(stat, row), undefined)
      }
    }
    await checkout({ root, target: { a: 'one' }, materialize: { onRows: edit } })
  }
})

test('stops before the first name changes hands when it is interrupted', async (context) => {
  const folder = temporaryFolder(context)
  const root = join(folder, 'data')
  const files = Object.fromEntries(Array.from({ length: 600 }, (_, i) => [`f${i}`, 'x']))
  const controller = new AbortController()
  const onProgress = (): void => controller.abort()
  const made = checkout({
    root,
    target: files,
    materialize: { signal: controller.signal, onProgress },
  })
  await assert.rejects(made, { code: 'INTERRUPTED' })
  assert.deepEqual(nodeFs.readdirSync(folder), [])
})

test('removes what a dead run left, beside a new folder and within an old one', async (context) => {
  const folder = temporaryFolder(context)
  const root = join(folder, 'data')
  const leftovers = [
    '.data.mlstore-tmp-dead',
    '.data.mlstore-tmp-dead+clock',
    '.data.mlstore-tmp-alive',
  ]
  const others = ['.other.mlstore-tmp-dead', 'data.mlstore-tmp-dead']
  for (const name of [...leftovers, ...others]) nodeFs.mkdirSync(join(folder, name))
  const isAbandoned = (id: string): boolean => id === 'dead'
  await checkout({ root, target: { a: 'x' }, materialize: { isAbandoned } })
  assert.deepEqual(nodeFs.readdirSync(folder).sort(), [
    '.data.mlstore-tmp-alive',
    '.other.mlstore-tmp-dead',
    'data',
    'data.mlstore-tmp-dead',
  ])
  nodeFs.mkdirSync(join(root, '.mlstore-tmp-dead', '7'), { recursive: true })
  await checkout({ root, previous: { a: 'x' }, target: { a: 'y' } })
  assert.deepEqual(nodeFs.readdirSync(root), ['a'])
})

test('makes the folders above a new folder, and takes long names', async (context) => {
  const folder = temporaryFolder(context)
  const root = join(folder, 'p', 'q', '長'.repeat(80))
  await checkout({ root, target: { a: 'x' } })
  assert.deepEqual(listFolder(root), { a: 'file x' })
  assert.equal(basename(root).length, 80)
})

test('only looks for leftovers when there are no steps', async (context) => {
  const root = temporaryFolder(context)
  const fs = new InterceptedFileSystem(node)
  const refuse = (): never => assert.fail('content was asked for')
  const request = { root, steps: new StepList(), content: refuse, id: 'a' }
  await materialize(fs, request)
  assert.deepEqual(new Set(fs.calls), new Set(['readDirectory']))
  nodeFs.writeFileSync(join(root, '.mlstore-tmp-dead'), '')
  await materialize(fs, request)
  assert.deepEqual(nodeFs.readdirSync(root), [])
})
