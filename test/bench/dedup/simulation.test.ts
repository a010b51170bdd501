/** What the bench computes about chunking is what the product does. */

import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

import { FileCutter } from '../../../src/objects/file-cutter.ts'
import { seededBytes } from '../../support/seeded-data.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { compare } from './comparison.ts'
import { csvTable } from './corpora/tables.ts'
import { normalised, openCutter, parametersInUse } from './parameter-cutter.ts'
import { FileDigests } from './simulated-remote.ts'
import { choose, type Swept } from './sweep.ts'

const file = seededBytes('cuts', 3_000_000)

function productCuts(): number[] {
  const sizes: number[] = []
  new FileCutter().cutBytes(file, ({ bytes }) => sizes.push(bytes.length))
  return sizes
}

test('with the constants in use a file is cut as the product cuts it', async () => {
  const cut = await openCutter(parametersInUse)
  assert.deepEqual(
    [...cut(file)].map((chunk) => chunk.length),
    productCuts(),
  )
})

test('other constants give other sizes, within their bounds', async () => {
  const cut = await openCutter(normalised('8/32/128', 1))
  const sizes = [...cut(file)].map((chunk) => chunk.length)
  assert.ok(sizes.slice(0, -1).every((size) => size > 8 * 1024 && size <= 128 * 1024))
  assert.ok(sizes.length > 1.5 * productCuts().length)
})

test('the simulated remote has the bytes of a real one', async (context) => {
  const folder = temporaryFolder(context)
  const place = join(folder, 'corpus')
  mkdirSync(place)
  const made = await csvTable.make({ folder: place, scale: 0.02 })
  assert.ok('versions' in made)
  const where = { folder: join(folder, 'work'), digests: new FileDigests(), hasRestic: false }
  // Throws if a simulated push and the real one differ by more than a thousandth.
  const compared = await compare({ ...csvTable, versions: made.versions }, where)
  assert.equal(compared.simulated.length, 5)
})

test('the choice is the least total of those that no corpus makes unsound', () => {
  const point = (sizes: string, totalBytes: number, ratio: number): Swept => ({
    sizes,
    normalisation: 2,
    level: undefined,
    bytes: new Map(),
    totalBytes,
    worst: { name: 'csv', ratio },
    chunksPerGiB: 0,
    indexBytesPerGiB: 0,
  })
  const points = [point('a', 1, 1.2), point('b', 3, 0.9), point('c', 2, 1.03)]
  assert.equal(choose(points)?.sizes, 'c')
  assert.equal(choose([point('a', 1, 1.2)]), undefined)
})
