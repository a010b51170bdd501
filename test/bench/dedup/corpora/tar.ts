/**
 * A shard of a data set as tar, a noise file (an image, say) and its JSON in turn. One member
 * changes a little, then one grows, then one is added in the middle, then one is gone.
 */

import { createWriteStream } from 'node:fs'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { pack } from 'tar-stream'

import { between, seededBytes, seededNumbers } from '../../../support/seeded-data.ts'
import { type Corpus, scaled, versionFolder } from '../corpus.ts'
import { sample } from './samples.ts'

type Member = { readonly name: string; readonly bytes: Buffer }

const imagesAtFullScale = 360
const mtime = new Date(1_700_000_000_000)

export const tarShard: Corpus = {
  name: 'tar',
  title: 'tar of images and JSON, one member changed, grown, added, removed, 5 versions',
  async make(place) {
    const images = scaled(place, imagesAtFullScale, 12)
    let members = Array.from({ length: images }, (_, i) => pairOf(i)).flat()
    const versions: string[] = []
    for (const edit of [unchanged, changeOne, growOne, addOne, removeOne]) {
      members = edit(members)
      const folder = versionFolder(place, versions.length + 1)
      await writeTar(join(folder, 'shard.tar'), members)
      versions.push(folder)
    }
    return { versions }
  },
}

function pairOf(number: number): Member[] {
  const random = seededNumbers(`image ${number}`)
  const name = `images/${String(number).padStart(6, '0')}`
  const image = seededBytes(name, between(random, 10_000, 200_000))
  const about = { ...sample('tar', number), width: between(random, 200, 2000), format: 'jpeg' }
  return [
    { name: `${name}.jpg`, bytes: image },
    { name: `${name}.json`, bytes: Buffer.from(JSON.stringify(about, undefined, 2)) },
  ]
}

type Edit = (members: readonly Member[]) => Member[]

const unchanged: Edit = (members) => [...members]

const changeOne: Edit = (members) =>
  replaced(members, 0.4, (bytes) => {
    const copy = Buffer.from(bytes)
    copy.fill('changed', Math.floor(bytes.length / 2), Math.floor(bytes.length / 2) + 700)
    return copy
  })

const growOne: Edit = (members) =>
  replaced(members, 0.2, (bytes) => Buffer.concat([bytes, seededBytes('grown', 5000)]))

const addOne: Edit = (members) => members.toSpliced(evenPlace(members, 0.6), 0, ...pairOf(999_999))

const removeOne: Edit = (members) => members.toSpliced(evenPlace(members, 0.3), 2)

function replaced(
  members: readonly Member[],
  place: number,
  change: (bytes: Buffer) => Buffer,
): Member[] {
  const at = evenPlace(members, place)
  return members.map((member, i) =>
    i === at ? { ...member, bytes: change(member.bytes) } : member,
  )
}

/** Index of an image, so many of all members in. */
function evenPlace(members: readonly Member[], place: number): number {
  return 2 * Math.floor((place * members.length) / 2)
}

async function writeTar(path: string, members: readonly Member[]): Promise<void> {
  const archive = pack()
  for (const { name, bytes } of members) archive.entry({ name, mtime }, bytes)
  archive.finalize()
  await pipeline(archive, createWriteStream(path))
}
