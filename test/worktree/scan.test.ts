/** A scan gives what is in a folder, in tree order, and refuses what no version can hold. */

import * as fc from 'fast-check'
import assert from 'node:assert/strict'
import { once } from 'node:events'
import * as nodeFs from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'

import { digestOf } from '../../src/core/digest.ts'
import type { TreeItem } from '../../src/core/tree/build.ts'
import { MlstoreError } from '../../src/errors.ts'
import { NodeFileSystem } from '../../src/objects/node-file-system.ts'
import { IgnoreRules } from '../../src/worktree/ignore-rules.ts'
import {
  isExecutable,
  type ScanEntry,
  scanFolder,
  type ScanOptions,
} from '../../src/worktree/scan.ts'
import { InterceptedFileSystem } from '../support/intercepted-file-system.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { anyFolder, type FolderSpec, itemsOf, writeFolder } from './folder-spec.ts'

const node = new NodeFileSystem()

async function scan(
  root: string,
  options: ScanOptions & { rules?: IgnoreRules; fs?: InterceptedFileSystem } = {},
): Promise<ScanEntry[]> {
  const entries: ScanEntry[] = []
  const rules = options.rules ?? IgnoreRules.top()
  for await (const batch of scanFolder(options.fs ?? node, root, rules, options)) {
    entries.push(...batch)
  }
  return entries
}

async function pathsIn(...given: Parameters<typeof scan>): Promise<string[]> {
  return (await scan(...given)).map(({ path }) => path)
}

function itemOf(root: string, entry: ScanEntry): TreeItem {
  if (entry.kind === 'file') {
    const bytes = nodeFs.readFileSync(join(root, entry.path))
    const item = {
      kind: 'file',
      path: entry.path,
      digest: digestOf(bytes),
      size: entry.stat.sizeBytes,
    } as const
    return isExecutable(entry.stat) ? { ...item, exec: true } : item
  }
  assert(entry.kind !== 'other')
  return entry
}

test('gives what was written, for any folder of odd names', async (context) => {
  const folder = temporaryFolder(context)
  let run = 0
  await fc.assert(
    fc.asyncProperty(anyFolder(), async (spec) => {
      const root = join(folder, String(run++))
      writeFolder(root, spec)
      const entries = await scan(root)
      assert.deepEqual(
        entries.map((entry) => itemOf(root, entry)),
        itemsOf(spec),
      )
    }),
    { numRuns: 60 },
  )
})

test('gives a folder before what is in it, and all of it before a name that sorts later', async (context) => {
  const root = temporaryFolder(context)
  writeFolder(root, { 'a-b': '', a: { z: '', '\uFFFD': '', '😀': '' }, 'a.txt': '', B: '' })
  assert.deepEqual(await pathsIn(root), ['B', 'a', 'a/z', 'a/\uFFFD', 'a/😀', 'a-b', 'a.txt'])
})

test('keeps empty folders, and folders whose content is all ignored', async (context) => {
  const root = temporaryFolder(context)
  writeFolder(root, { empty: {}, logs: { 'x.log': '' }, '.mlstoreignore': '*.log\n' })
  assert.deepEqual(await pathsIn(root), ['.mlstoreignore', 'empty', 'logs'])
})

test('never takes .git, .mlstore or what mlstore left unfinished, at any depth', async (context) => {
  const root = temporaryFolder(context)
  const inner = { '.git': { config: '' }, '.mlstore': { x: '' }, '.gitignore': '', '.GIT': 'x' }
  writeFolder(root, { ...inner, deep: { ...inner, '.git': 'gitdir: x', '.x.mlstore-tmp-1': 'x' } })
  assert.deepEqual(await pathsIn(root), ['.gitignore', 'deep', 'deep/.gitignore'])
})

test('leaves hidden names out when asked to, and tells each', async (context) => {
  const root = temporaryFolder(context)
  const spec = {
    '.env': '',
    '.d': { x: '' },
    __pycache__: { y: '' },
    _one: '',
    'a.b': '',
    in: { '.x': '' },
  }
  writeFolder(root, { ...spec, '.git': {}, '.log': '', '.mlstoreignore': '.log' })
  const hidden: string[] = []
  const rules = IgnoreRules.top({ noHidden: true })
  const paths = await pathsIn(root, { rules, onHidden: (path) => hidden.push(path) })
  assert.deepEqual(paths, ['_one', 'a.b', 'in'])
  assert.deepEqual(hidden, ['.d', '.env', '.mlstoreignore', '__pycache__', 'in/.x'])
})

for (const [title, spec] of Object.entries<FolderSpec>({
  'an absolute link': { l: { link: '/etc/passwd' } },
  'a link out of the folder': { in: { l: { link: '../../x' } } },
  'a link that leaves and comes back': { in: { l: { link: '../../in/x' } } },
  'a link out by way of a name': { l: { link: 'a/../../x' } },
})) {
  test(`refuses ${title}, naming path and target`, async (context) => {
    const root = temporaryFolder(context)
    writeFolder(root, spec)
    await assert.rejects(scan(root), (error) => {
      assert.ok(error instanceof MlstoreError)
      assert.equal(error.code, 'INVALID_ARGUMENT')
      const [item] = itemsOf(spec).filter(({ kind }) => kind === 'link')
      assert.ok(item?.kind === 'link')
      assert.ok(error.message.includes(item.path) && error.message.includes(item.target))
      return true
    })
    const reported = await scan(root, { odd: 'report' })
    assert.deepEqual(reported, itemsOf(spec))
  })
}

test('takes links that stay inside, dangling ones too, and follows none', async (context) => {
  const root = temporaryFolder(context)
  const spec = {
    d: { f: 'x', up: { link: '../d/f' }, top: { link: '..' } },
    gone: { link: 'no' },
    loop: { link: '.' },
  }
  writeFolder(root, spec)
  assert.deepEqual(
    (await scan(root)).map((entry) => itemOf(root, entry)),
    itemsOf(spec),
  )
})

test('refuses a socket with its path, and reports it as something else when asked to', async (context) => {
  const root = temporaryFolder(context)
  nodeFs.mkdirSync(join(root, 'in'))
  const server = createServer().listen(join(root, 'in', 'socket'))
  await once(server, 'listening')
  context.after(() => server.close())
  await assert.rejects(scan(root), { code: 'INVALID_ARGUMENT', message: /in\/socket/ })
  const reported = await scan(root, { odd: 'report' })
  assert.deepEqual(reported[1], { kind: 'other', path: 'in/socket' })
})

test('reports tool folders as something else and does not look into them', async (context) => {
  const root = temporaryFolder(context)
  writeFolder(root, { in: { '.git': { config: '' } }, '.mlstore': {} })
  assert.deepEqual(await scan(root, { odd: 'report' }), [
    { kind: 'other', path: '.mlstore' },
    { kind: 'directory', path: 'in' },
    { kind: 'other', path: 'in/.git' },
  ])
})

test('refuses a name that is not UTF-8, shown escaped', async (context) => {
  const root = temporaryFolder(context)
  nodeFs.mkdirSync(join(root, 'in'))
  nodeFs.writeFileSync(Buffer.concat([Buffer.from(join(root, 'in', 'caf')), Buffer.of(0xe9)]), '')
  await assert.rejects(scan(root), { code: 'INVALID_ARGUMENT', message: /caf\\xe9/ })
})

test('refuses a folder that may not be read, naming it', async (context) => {
  const root = temporaryFolder(context)
  writeFolder(root, { in: { secret: {} } })
  const fs = new InterceptedFileSystem(node)
  fs.before('readDirectory', (path) => {
    if (path.endsWith('secret')) throw new MlstoreError('REFUSED', `Cannot list ${path}: EACCES`)
  })
  await assert.rejects(scan(root, { fs }), { code: 'REFUSED', message: /in\/secret/ })
})

test('leaves out what disappears while it is read', async (context) => {
  const root = temporaryFolder(context)
  writeFolder(root, { a: 'x', b: { c: 'x' }, d: { link: 'a' }, e: 'x' })
  const fs = new InterceptedFileSystem(node)
  const removeFirst = (path: string): void => {
    if (!path.endsWith('/e') && path !== root) nodeFs.rmSync(path, { recursive: true, force: true })
  }
  for (const call of ['lstat', 'readDirectory', 'readLink'] as const) fs.before(call, removeFirst)
  assert.deepEqual(await pathsIn(root, { fs }), ['e'])
})

test('says so when a file became something else while it was read', async (context) => {
  const root = temporaryFolder(context)
  writeFolder(root, { a: 'x' })
  const fs = new InterceptedFileSystem(node)
  fs.before('lstat', (path) => {
    if (!path.endsWith('/a')) return
    nodeFs.rmSync(path, { recursive: true })
    nodeFs.mkdirSync(path)
  })
  await assert.rejects(scan(root, { fs }), { code: 'FILE_CHANGED' })
})

test('refuses a file, a link to a folder and nothing at all as the folder', async (context) => {
  const root = temporaryFolder(context)
  writeFolder(root, { f: 'x', d: {}, l: { link: 'd' } })
  await assert.rejects(scan(join(root, 'f')), { code: 'INVALID_ARGUMENT' })
  await assert.rejects(scan(join(root, 'l')), { code: 'INVALID_ARGUMENT' })
  await assert.rejects(scan(join(root, 'none')), { code: 'NOT_FOUND' })
})

test('stops between batches when it is interrupted', async (context) => {
  const root = temporaryFolder(context)
  for (let i = 0; i < 2100; i++) nodeFs.writeFileSync(join(root, `f${i}`), '')
  const controller = new AbortController()
  const batches = scanFolder(node, root, IgnoreRules.top(), { signal: controller.signal })
  assert.equal((await batches.next()).done, false)
  controller.abort()
  await assert.rejects(batches.next(), { code: 'INTERRUPTED' })
})
