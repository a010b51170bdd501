/**
 * What src/ports/file-system.ts promises, executed: every implementation runs this suite.
 *
 * `open` gives a file system and an empty folder in it. Reflinks, and the kinds of file that only a
 * kernel can make (fifos, invalid names), are left to the tests of the implementation.
 */

import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, test, type TestContext } from 'node:test'

import { isMlstoreError } from '../../src/errors.ts'
import type { FileSystem } from '../../src/ports/file-system.ts'

type Ground = { readonly fs: FileSystem; readonly folder: string }
type Case = (ground: Ground) => void | Promise<void>

const hello = Buffer.from('hello')

function put(fs: FileSystem, path: string, bytes: Uint8Array = hello): void {
  const file = fs.open(path, 'create')
  file.write(bytes, 0)
  file.close()
}

const cases: Readonly<Record<string, Case>> = {
  'lstat of what is not there is undefined, also below a file': ({ fs, folder }) => {
    put(fs, join(folder, 'file'))
    assert.equal(fs.lstat(join(folder, 'absent')), undefined)
    assert.equal(fs.lstat(join(folder, 'absent', 'deeper')), undefined)
    assert.equal(fs.lstat(join(folder, 'file', 'deeper')), undefined)
  },

  'lstat tells kind, size, mode and links, and does not follow a link': ({ fs, folder }) => {
    put(fs, join(folder, 'file'))
    fs.chmod(join(folder, 'file'), 0o640)
    fs.symlink('file', join(folder, 'link'))
    const stat = fs.lstat(join(folder, 'file'))
    assert.equal(stat?.kind, 'file')
    assert.equal(stat.sizeBytes, 5)
    assert.equal(stat.mode, 0o640)
    assert.equal(stat.links, 1)
    assert.ok(stat.mtimeNs > 0n && stat.ctimeNs > 0n && stat.inode > 0n)
    assert.equal(fs.lstat(join(folder, 'link'))?.kind, 'link')
    assert.equal(fs.lstat(folder)?.kind, 'directory')
  },

  'every other operation on an absent path is NOT_FOUND': ({ fs, folder }) => {
    const absent = join(folder, 'absent')
    const operations: Readonly<Record<string, () => unknown>> = {
      readDirectory: () => fs.readDirectory(absent),
      open: () => fs.open(absent, 'read'),
      create: () => fs.open(join(absent, 'file'), 'create'),
      readFile: () => fs.readFile(absent),
      rename: () => fs.rename(absent, join(folder, 'other')),
      link: () => fs.link(absent, join(folder, 'other')),
      clone: () => fs.clone(absent, join(folder, 'other')),
      readLink: () => fs.readLink(absent),
      chmod: () => fs.chmod(absent, 0o600),
      unlink: () => fs.unlink(absent),
      removeDirectory: () => fs.removeDirectory(absent),
      syncDirectory: () => fs.syncDirectory(absent),
      realPath: () => fs.realPath(absent),
    }
    for (const [name, operation] of Object.entries(operations)) {
      assert.throws(operation, { code: 'NOT_FOUND' }, name)
    }
  },

  'create makes a file with the permissions asked for and refuses what exists': ({
    fs,
    folder,
  }) => {
    const path = join(folder, 'file')
    fs.open(path, 'create', 0o600).close()
    assert.equal(fs.lstat(path)?.mode, 0o600)
    assert.throws(
      () => fs.open(path, 'create'),
      (error) => isMlstoreError(error, 'INVALID_ARGUMENT') && error.details?.['exists'] === true,
    )
  },

  'append makes the file or opens it with all its bytes': ({ fs, folder }) => {
    const path = join(folder, 'file')
    fs.open(path, 'append').close()
    put(fs, join(folder, 'other'))
    const file = fs.open(join(folder, 'other'), 'append')
    file.write(Buffer.from('!'), 5)
    file.write(Buffer.from('J'), 0)
    file.close()
    assert.equal(fs.readFile(path).length, 0)
    assert.equal(fs.readFile(join(folder, 'other')).toString(), 'Jello!')
  },

  'opening or reading a link is an error, whatever it points at': ({ fs, folder }) => {
    put(fs, join(folder, 'file'))
    fs.symlink('file', join(folder, 'link'))
    const link = join(folder, 'link')
    assert.throws(() => fs.open(link, 'read'), { code: 'IO_ERROR' })
    assert.throws(() => fs.open(link, 'append'), { code: 'IO_ERROR' })
    assert.throws(() => fs.readFile(link), { code: 'IO_ERROR' })
    assert.throws(() => fs.chmod(link, 0o600), { code: 'IO_ERROR' })
  },

  'listing a link to a folder is an error': ({ fs, folder }) => {
    fs.makeDirectory(join(folder, 'real'))
    fs.symlink('real', join(folder, 'link'))
    assert.throws(() => fs.readDirectory(join(folder, 'link')), { code: 'IO_ERROR' })
  },

  'reads at a position and gives fewer bytes only at the end': async ({ fs, folder }) => {
    put(fs, join(folder, 'file'), Buffer.from('0123456789'))
    const file = fs.open(join(folder, 'file'), 'read')
    const into = Buffer.alloc(4, '.')
    assert.equal(file.read(into, 2), 4)
    assert.equal(into.toString(), '2345')
    assert.equal(await file.readAsync(into, 8), 2)
    assert.equal(into.toString(), '8945')
    assert.equal(file.read(into, 10), 0)
    assert.equal(await file.readAsync(into, 99), 0)
    assert.equal(file.stat().sizeBytes, 10)
    file.close()
  },

  'writes at any position, both ways, and syncs': async ({ fs, folder }) => {
    const path = join(folder, 'file')
    const file = fs.open(path, 'create')
    await Promise.all([
      file.writeAsync(Buffer.from('world'), 6),
      file.writeAsync(Buffer.from('hello '), 0),
    ])
    file.write(Buffer.from('!'), 11)
    file.sync()
    await file.syncAsync()
    assert.equal(file.stat().sizeBytes, 12)
    file.close()
    file.close()
    assert.equal(fs.readFile(path).toString(), 'hello world!')
  },

  'an open file outlives its name': ({ fs, folder }) => {
    put(fs, join(folder, 'file'))
    const file = fs.open(join(folder, 'file'), 'read')
    fs.unlink(join(folder, 'file'))
    const into = Buffer.alloc(5)
    assert.equal(file.read(into, 0), 5)
    assert.deepEqual(into, hello)
    file.close()
  },

  'lists names and kinds, hidden and odd ones too': ({ fs, folder }) => {
    const names = ['.hidden', 'a b', 'é', 'e\u0301', '日本', 'quote"', 'new\nline', '\uFFFD']
    for (const name of names) put(fs, join(folder, name))
    fs.makeDirectory(join(folder, 'folder'))
    fs.symlink('nowhere', join(folder, 'link'))
    const kinds = new Map(fs.readDirectory(folder).map(({ name, kind }) => [name, kind]))
    assert.equal(kinds.size, names.length + 2)
    for (const name of names) assert.equal(kinds.get(name), 'file', JSON.stringify(name))
    assert.equal(kinds.get('folder'), 'directory')
    assert.equal(kinds.get('link'), 'link')
  },

  'makes folders with what is missing above them, again and again': ({ fs, folder }) => {
    const deep = join(folder, 'a', 'b', 'c')
    fs.makeDirectory(deep)
    fs.makeDirectory(deep)
    assert.equal(fs.lstat(deep)?.kind, 'directory')
  },

  'rename replaces the file that was there': ({ fs, folder }) => {
    put(fs, join(folder, 'new'), Buffer.from('new'))
    put(fs, join(folder, 'old'), Buffer.from('old'))
    fs.rename(join(folder, 'new'), join(folder, 'old'))
    assert.equal(fs.readFile(join(folder, 'old')).toString(), 'new')
    assert.equal(fs.lstat(join(folder, 'new')), undefined)
  },

  'a hard link is the same file, and never replaces one': ({ fs, folder }) => {
    const [one, two] = [join(folder, 'one'), join(folder, 'two')]
    put(fs, one)
    fs.link(one, two)
    assert.equal(fs.lstat(one)?.inode, fs.lstat(two)?.inode)
    assert.equal(fs.lstat(one)?.links, 2)
    assert.throws(
      () => fs.link(one, two),
      (error) => isMlstoreError(error, 'INVALID_ARGUMENT') && error.details?.['exists'] === true,
    )
  },

  'a clone is a file of its own, or false and nothing left behind': ({ fs, folder }) => {
    const [one, two] = [join(folder, 'one'), join(folder, 'two')]
    put(fs, one)
    if (!fs.clone(one, two)) return assert.equal(fs.lstat(two), undefined)
    const file = fs.open(two, 'append')
    file.write(Buffer.from('J'), 0)
    file.close()
    assert.equal(fs.readFile(one).toString(), 'hello')
    return assert.equal(fs.readFile(two).toString(), 'Jello')
  },

  'links keep their target as it was given': ({ fs, folder }) => {
    for (const target of ['nowhere', '../up/x', '日本', 'a//b/.']) {
      fs.symlink(target, join(folder, 'link'))
      assert.equal(fs.readLink(join(folder, 'link')), target)
      fs.unlink(join(folder, 'link'))
    }
  },

  'removes empty folders only, unless the tree is asked for': ({ fs, folder }) => {
    const top = join(folder, 'top')
    fs.makeDirectory(join(top, 'sub'))
    put(fs, join(top, 'sub', 'file'))
    assert.throws(() => fs.removeDirectory(top), { code: 'IO_ERROR' })
    fs.removeTree(top)
    assert.equal(fs.lstat(top), undefined)
    fs.removeTree(top)
    fs.makeDirectory(top)
    fs.removeDirectory(top)
    assert.equal(fs.lstat(top), undefined)
  },

  'removing a tree leaves alone what links in it point at': ({ fs, folder }) => {
    fs.makeDirectory(join(folder, 'kept'))
    put(fs, join(folder, 'kept', 'file'))
    fs.makeDirectory(join(folder, 'top'))
    fs.symlink('../kept', join(folder, 'top', 'link'))
    fs.removeTree(join(folder, 'top'))
    assert.equal(fs.readFile(join(folder, 'kept', 'file')).toString(), 'hello')
    fs.symlink('kept', join(folder, 'link'))
    fs.removeTree(join(folder, 'link'))
    assert.equal(fs.lstat(join(folder, 'link')), undefined)
    assert.equal(fs.readFile(join(folder, 'kept', 'file')).toString(), 'hello')
  },

  'folders and the whole file system can be synced': async ({ fs, folder }) => {
    put(fs, join(folder, 'file'))
    fs.syncDirectory(folder)
    assert.equal(typeof (await fs.syncFileSystem(folder)), 'boolean')
  },

  'realPath resolves every link': ({ fs, folder }) => {
    fs.makeDirectory(join(folder, 'a', 'b'))
    fs.symlink('a', join(folder, 'link'))
    assert.equal(fs.realPath(join(folder, 'link', 'b')), join(folder, 'a', 'b'))
  },
}

/** Runs the contract on one implementation, each case in an empty folder of its own. */
export function fileSystemContract(name: string, open: (context: TestContext) => Ground): void {
  describe(`the file system contract: ${name}`, () => {
    for (const [title, run] of Object.entries(cases)) {
      test(title, async (context) => run(open(context)))
    }
  })
}
