/**
 * What it costs that every small file is a frame of its own: the same files by themselves, in
 * groups, with a dictionary, and as one solid frame.
 */

import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

import { chunkSizeBytesMin } from '../../../src/core/chunking/parameters.ts'
import { packEntryBytes } from '../../../src/core/pack/format.ts'
import { openCodec } from '../../../src/objects/compression.ts'
import { samples } from './corpora/samples.ts'
import { filesBelow } from './files.ts'
import { mebibytes, ratioText, type Table } from './tables.ts'
import { openZstd } from './zstd.ts'

type Group = { readonly title: string; readonly files: readonly Buffer[] }

const textNames = /\.(js|ts|json|md|py|pyi|txt|csv)$/
const generatedFiles = 3000
const dictionaryBytes = 112 * 1024
const groupBytes = [64 * 1024, 256 * 1024, 1024 * 1024]

/** Small text files: those of an npm package that is always there, and samples as JSON. */
export async function smallFilesTable(): Promise<Table> {
  const groups = [
    { title: 'npm @aws-sdk, @smithy', files: npmFiles(['@aws-sdk', '@smithy']) },
    {
      title: 'samples as JSON',
      files: samples('small', 1, generatedFiles).map((row) => Buffer.from(JSON.stringify(row))),
    },
  ]
  const rows: string[][] = []
  for (const group of groups) rows.push(await measureGroup(group))
  return {
    header: [
      'MiB',
      'files',
      'raw',
      'a frame each',
      'with footers',
      'with a dictionary',
      'groups of 64 KiB',
      '256 KiB',
      '1 MiB',
      'solid, level 1',
      'solid, level 3',
      'a frame each to solid',
    ],
    rows,
  }
}

function npmFiles(packages: readonly string[]): Buffer[] {
  const modules = fileURLToPath(new URL('../../../node_modules/', import.meta.url))
  return packages
    .flatMap((name) => filesBelow(modules + name))
    .filter(({ name, sizeBytes }) => textNames.test(name) && sizeBytes <= chunkSizeBytesMin)
    .map(({ path }) => readFileSync(path))
}

async function measureGroup({ title, files }: Group): Promise<string[]> {
  const codec = await openCodec()
  const compress = await openZstd()
  const sum = (sizeOf: (bytes: Buffer) => number): number =>
    files.reduce((total, bytes) => total + sizeOf(bytes), 0)
  const raw = sum((bytes) => bytes.length)
  const each = sum((bytes) => codec.compress(bytes)?.length ?? bytes.length)
  const footers = 2 * packEntryBytes * files.length
  const dictionary = Buffer.concat(everySo(files, raw)).subarray(0, dictionaryBytes)
  const withDictionary = sum((bytes) => compress(bytes, 1, dictionary).length) + dictionary.length
  const solid = Buffer.concat(files)
  const grouped = groupBytes.map((size) => {
    let total = 0
    for (let at = 0; at < solid.length; at += size) {
      total += compress(solid.subarray(at, at + size), 1).length
    }
    return total
  })
  const sizes = [raw, each, each + footers, withDictionary, ...grouped]
  const solidSizes = [compress(solid, 1).length, compress(solid, 3).length]
  const [solidBytes = Number.NaN] = solidSizes
  return [
    title,
    String(files.length),
    ...[...sizes, ...solidSizes].map(mebibytes),
    ratioText(each / solidBytes),
  ]
}

/** Files from all over, enough for a dictionary. */
function everySo(files: readonly Buffer[], totalBytes: number): Buffer[] {
  const step = Math.max(1, Math.floor(totalBytes / dictionaryBytes))
  return files.filter((_, i) => i % step === 0)
}
