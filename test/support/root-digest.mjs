/**
 * The root digest of a folder, from docs/format.md alone: shares no code with src/.
 *
 * Run it as `node test/support/root-digest.mjs FOLDER`.
 */

import { createHash } from 'node:crypto'
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { argv } from 'node:process'
import { pathToFileURL } from 'node:url'

const sha256 = (...parts) => parts.reduce((hash, part) => hash.update(part), createHash('sha256'))

/** Root node of a folder: its digest and the bytes of all files below. */
export function rootOf(folder) {
  const names = readdirSync(folder, { encoding: 'buffer' }).sort(Buffer.compare).map(String)
  let entries = names.map((name) => entryOf(join(folder, name), name))
  for (let level = 0; ; level += 1) {
    const nodes = split(entries, level).map((part) => {
      const text = `{"entries":[${part.map((entry) => entry.text).join(',')}],"level":${level},"v":1}`
      const size = part.reduce((sum, entry) => sum + entry.size, 0)
      return { digest: sha256(text).digest('hex'), name: part.at(-1)?.name, size }
    })
    if (nodes.length === 1) return nodes[0]
    entries = nodes.map((node) => ({ ...node, text: textOf(node.digest, '', 'node', node) }))
  }
}

function entryOf(path, name) {
  const stat = lstatSync(path)
  if (stat.isSymbolicLink()) {
    const target = JSON.stringify(readlinkSync(path))
    return {
      name,
      size: 0,
      text: `{"kind":"link","name":${JSON.stringify(name)},"target":${target}}`,
    }
  }
  if (stat.isDirectory()) {
    const { digest, size } = rootOf(path)
    return { name, size, text: textOf(digest, '', 'directory', { name, size }) }
  }
  const bytes = readFileSync(path)
  const exec = stat.mode & 0o100 ? '"exec":true,' : ''
  const file = { name, size: bytes.length }
  return { ...file, text: textOf(sha256(bytes).digest('hex'), exec, 'file', file) }
}

function textOf(digest, exec, kind, { name, size }) {
  return `{"digest":"${digest}",${exec}"kind":"${kind}","name":${JSON.stringify(name)},"size":${size}}`
}

function split(entries, level) {
  const nodes = [[]]
  for (const [i, entry] of entries.entries()) {
    nodes.at(-1).push(entry)
    const { length } = nodes.at(-1)
    const isCut = sha256(Buffer.of(level), entry.name).digest().readUInt32BE(0) % 256 === 0
    const endsHere = length >= 1024 || (length >= 2 && isCut)
    if (endsHere && i + 1 < entries.length) nodes.push([])
  }
  return nodes
}

if (import.meta.url === pathToFileURL(argv[1] ?? '').href) console.log(rootOf(argv[2]).digest)
