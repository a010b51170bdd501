/** Folders as values: generated, written with plain node:fs, read back, turned into tree items. */

import * as fc from 'fast-check'
import * as nodeFs from 'node:fs'
import { join } from 'node:path'

import { type Digest, digestOf } from '../../src/core/digest.ts'
import type { TreeItem } from '../../src/core/tree/build.ts'
import { comparePaths } from '../../src/core/tree/name-order.ts'

export type FileSpec = { readonly text: string; readonly exec?: boolean }
export type LinkSpec = { readonly link: string }
export type FolderSpec = { readonly [name: string]: FileSpec | LinkSpec | FolderSpec | string }

/** A folder as flat lines: path, kind and what is in it. The yardstick of most tests. */
export type Listing = Readonly<Record<string, string>>

const isLink = (spec: object): spec is LinkSpec => 'link' in spec && typeof spec.link === 'string'
const isFile = (spec: object): spec is FileSpec => 'text' in spec && typeof spec.text === 'string'

/** Every path of the folder, in tree order. */
export function itemsOf(folder: FolderSpec): TreeItem[] {
  const items: TreeItem[] = []
  collect(folder, '', items)
  return items.sort((a, b) => comparePaths(a.path, b.path))
}

function collect(folder: FolderSpec, prefix: string, items: TreeItem[]): void {
  for (const [name, value] of Object.entries(folder)) {
    const path = prefix + name
    const spec = typeof value === 'string' ? { text: value } : value
    if (isLink(spec)) items.push({ kind: 'link', path, target: spec.link })
    else if (isFile(spec)) items.push(fileItem(path, spec))
    else {
      items.push({ kind: 'directory', path })
      collect(spec, `${path}/`, items)
    }
  }
}

function fileItem(path: string, { text, exec }: FileSpec): TreeItem {
  const bytes = Buffer.from(text)
  const item = { kind: 'file', path, digest: digestOf(bytes), size: bytes.length } as const
  return exec === true ? { ...item, exec } : item
}

/** The bytes of all files by digest. */
export function contentsOf(...folders: FolderSpec[]): Map<Digest, Buffer> {
  const contents = new Map<Digest, Buffer>()
  const visit = (folder: FolderSpec): void => {
    for (const value of Object.values(folder)) {
      const spec = typeof value === 'string' ? { text: value } : value
      if (isFile(spec)) contents.set(digestOf(Buffer.from(spec.text)), Buffer.from(spec.text))
      else if (!isLink(spec)) visit(spec)
    }
  }
  folders.forEach(visit)
  return contents
}

/** Writes the folder with plain node:fs; `root` is made. */
export function writeFolder(root: string, folder: FolderSpec): void {
  nodeFs.mkdirSync(root, { recursive: true })
  for (const [name, value] of Object.entries(folder)) {
    const path = join(root, name)
    const spec = typeof value === 'string' ? { text: value } : value
    if (isLink(spec)) nodeFs.symlinkSync(spec.link, path)
    else if (isFile(spec)) {
      nodeFs.writeFileSync(path, spec.text)
      nodeFs.chmodSync(path, spec.exec === true ? 0o755 : 0o644)
    } else writeFolder(path, spec)
  }
}

/** What a folder should look like on disk. */
export function listingOf(folder: FolderSpec): Listing {
  const contents = contentsOf(folder)
  const lines = itemsOf(folder).map((item) => {
    if (item.kind === 'directory') return [item.path, 'directory']
    if (item.kind === 'link') return [item.path, `link ${item.target}`]
    const text = contents.get(item.digest)?.toString() ?? ''
    return [item.path, `${item.exec === true ? 'exec' : 'file'} ${text}`]
  })
  return Object.fromEntries(lines)
}

/** What a folder looks like on disk, read with plain node:fs. */
export function listFolder(root: string): Listing {
  const lines: [string, string][] = []
  const visit = (folder: string, prefix: string): void => {
    for (const entry of nodeFs.readdirSync(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name)
      const relative = prefix + entry.name
      if (entry.isSymbolicLink()) lines.push([relative, `link ${nodeFs.readlinkSync(path)}`])
      else if (entry.isDirectory()) {
        lines.push([relative, 'directory'])
        visit(path, `${relative}/`)
      } else {
        const exec = (nodeFs.statSync(path).mode & 0o100) !== 0
        lines.push([relative, `${exec ? 'exec' : 'file'} ${nodeFs.readFileSync(path).toString()}`])
      }
    }
  }
  visit(root, '')
  return Object.fromEntries(lines.sort(([a], [b]) => comparePaths(a, b)))
}

const oddNames = [
  ' ',
  'a b ',
  '#x',
  '!y',
  '-rf',
  '~',
  '*',
  '[a]',
  '\\',
  'a\nb',
  'é',
  'e\u0301',
  '日本',
  '😀',
  '\uFF5E',
  '.hidden',
  '__pycache__',
  'A',
  'a',
  'a-b',
  'a.b',
  '...',
  'con',
  'x'.repeat(200),
  '\uFFFD',
  '\u202Egpj',
]

/** Names that file systems on Linux take and people stumble over. */
export const anyName: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(...oddNames),
  fc
    .string({ unit: 'grapheme', minLength: 1, maxLength: 12 })
    .filter((name) => !/^\.{1,2}$|[/\0]/.test(name)),
)

const anyText = fc.oneof(fc.constantFrom('', 'same'), fc.string({ maxLength: 40 }))
const anyFile: fc.Arbitrary<FileSpec> = fc.record({ text: anyText, exec: fc.boolean() })
const anyLink: fc.Arbitrary<LinkSpec> = fc.record({
  link: fc.constantFrom('x', './a/b', 'no/where'),
})

/** Folders up to three levels deep; with `names`, of few names, so that two of them overlap. */
export function anyFolder(names: fc.Arbitrary<string> = anyName): fc.Arbitrary<FolderSpec> {
  const options = { maxKeys: 5, noNullPrototype: true }
  const level = (below: fc.Arbitrary<FolderSpec>): fc.Arbitrary<FolderSpec> =>
    fc.dictionary(names, fc.oneof(anyFile, anyFile, anyLink, below), options)
  return level(level(level(fc.constant({}))))
}
