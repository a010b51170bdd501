/** The root digest is what docs/format.md says, computed a second time by a script of its own. */

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test, type TestContext } from 'node:test'

import { digestOf } from '../../../src/core/digest.ts'
import type { TreeItem } from '../../../src/core/tree/build.ts'
import { build, directory, file, link } from '../../support/tree-arbitraries.ts'

/** The tree of the paragraph "Golden digest" in docs/format.md. */
const golden: readonly TreeItem[] = [
  file('a.txt', 'hello\n'),
  file('bin/run', '#!/bin/sh\n', true),
  directory('empty'),
  link('link', 'bin/run'),
  file('é😀', ''),
]
const goldenDigest = '5823dcb690430d88f15392a88b8c5af27a83d209d1a07d8ffc4ebf3c8def453f'

/** Makes the items on disk; the content of a file is `contents` of its path. */
function makeFolder(
  t: TestContext,
  items: readonly TreeItem[],
  contents: Map<string, string>,
): string {
  const folder = mkdtempSync(join(tmpdir(), 'mlstore-golden-'))
  t.after(() => rmSync(folder, { recursive: true }))
  for (const item of items) {
    const path = join(folder, item.path)
    mkdirSync(item.kind === 'directory' ? path : dirname(path), { recursive: true })
    if (item.kind === 'link') symlinkSync(item.target, path)
    if (item.kind !== 'file') continue
    const content = contents.get(item.path) ?? ''
    assert.equal(digestOf(Buffer.from(content)), item.digest)
    writeFileSync(path, content)
    if (item.exec === true) chmodSync(path, 0o755)
  }
  return folder
}

function digestByScript(folder: string): string {
  const script = 'test/support/root-digest.mjs'
  return execFileSync(process.execPath, [script, folder], { encoding: 'utf8' }).trim()
}

test('the golden tree has the digest that the format document prints', () => {
  assert.equal(build(golden).root, goldenDigest)
  assert.ok(readFileSync('docs/format.md', 'utf8').includes(goldenDigest))
})

test('the independent script finds the same digest on disk', (t) => {
  const contents = new Map([
    ['a.txt', 'hello\n'],
    ['bin/run', '#!/bin/sh\n'],
  ])
  assert.equal(digestByScript(makeFolder(t, golden, contents)), goldenDigest)
})

test('both agree on thousands of files, odd names, links and empty directories', (t) => {
  const contents = new Map<string, string>()
  const add = (path: string, content: string, exec = false): TreeItem => {
    contents.set(path, content)
    return file(path, content, exec)
  }
  const items = [
    ...Array.from({ length: 1500 }, (_, i) => add(`many/${i}.txt`, `${i % 7}`)),
    ...Array.from({ length: 50 }, (_, i) => add(`deep/${'d/'.repeat(i)}f`, String(i), i % 2 === 0)),
    ...['\ufffd', '😀', 'e\u0301', 'é', '"', '\\', ' ', '\n', '-', 'a', 'a-b'].map((name) =>
      add(`names/${name}`, name),
    ),
    add('names/a.d/x', 'x'),
    directory('empty/one'),
    directory('empty/two/three'),
    link('empty/link', '../many/1.txt'),
    link('dangling', 'names/nothing'),
  ]
  assert.equal(digestByScript(makeFolder(t, items, contents)), build(items).root)
})
