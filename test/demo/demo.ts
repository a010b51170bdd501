/**
 * `npm run demo`: a tour of the main job on real-sized input, every byte verified.
 *
 * Anna versions a 300 MB checkpoint and a data set of 5,000 files and pushes them to a shared
 * folder; Ben clones and gets the same bytes; both move one alias and neither loses anything. What
 * comes back is compared with the sources by SHA-256 sums taken here, not by mlstore. Ends with
 * exit code 1 when any check fails. `--keep` leaves the folder in place.
 */

import { mkdirSync, mkdtempSync, realpathSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

import type {
  DiffResult,
  FsckResult,
  GetResult,
  PushResult,
  VersionSummary,
} from '../../src/store/results.ts'
import { Command } from '../support/command.ts'
import { type DatasetEdits, writeCheckpoint } from '../support/seeded-data.ts'
import { sha256OfFile, sizeOfFolder } from '../support/tree-digests.ts'
import {
  type Sums,
  checkpointBytes,
  insertedBytes,
  sumsOf,
  writeFirstVersion,
  writeSecondVersion,
} from './input.ts'
import { Tour, size } from './tour.ts'

type Stage = {
  readonly tour: Tour
  readonly folder: string
  readonly remoteFolder: string
  readonly remoteUrl: string
  readonly anna: Command
}

/** One line of the table of what was stored. */
type Stored = { readonly what: string; readonly sizeBytes: number; readonly storedBytes: number }

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'mlstore-demo-')))
try {
  if (!(await demo(folder))) process.exitCode = 1
} finally {
  if (process.argv.includes('--keep')) process.stdout.write(`Kept: ${folder}\n`)
  else rmSync(folder, { recursive: true, force: true })
}

async function demo(root: string): Promise<boolean> {
  const tour = new Tour(root)
  const start = performance.now()
  const anna = person(root, 'anna')
  const remoteFolder = join(root, 'shared')
  const stage = {
    tour,
    folder: root,
    remoteFolder,
    remoteUrl: pathToFileURL(remoteFolder).href,
    anna,
  }

  const { sums: first, paths } = makeInput(stage)
  const stored = [await addFirstVersions(stage)]
  const { sums: second, edits } = makeEdits(stage, paths)
  stored.push(await addSecondVersions(stage))
  await compareVersions(stage, edits)
  stored.push(await pushAll(stage, stored))
  const ben = await cloneAndVerify(stage, first, second)
  await fetchOneFile(stage, first, paths)
  await moveAliasOnBothSides(stage, ben)
  await pushNothing(stage)
  await checkStores(stage, ben)

  showStored(tour, stored)
  tour.timingsTable()
  tour.say(`The whole tour took ${((performance.now() - start) / 1000).toFixed(0)} seconds.`)
  return tour.end()
}

function person(root: string, name: string): Command {
  mkdirSync(join(root, name), { recursive: true })
  return new Command(join(root, name), { USER: name, LOGNAME: name, USERNAME: name })
}

function makeInput({ tour, anna }: Stage): { sums: Sums; paths: string[] } {
  tour.heading('The input')
  const paths = writeFirstVersion(anna.folder)
  tour.say(
    `Anna has a checkpoint of ${size(checkpointBytes)}, half of it incompressible floats, and a data ` +
      `set of ${paths.length} files in ${Math.ceil(paths.length / 100)} folders: text, CSV and ` +
      `binary, ${size(sizeOfFolder(join(anna.folder, 'reviews')))} in all.`,
  )
  return { sums: sumsOf(anna.folder), paths }
}

async function addFirstVersions({ tour, anna }: Stage): Promise<Stored> {
  tour.heading('Versions, tags and aliases')
  tour.say('A store is a folder. No server, no account.')
  await tour.show(anna, 'init')

  tour.say('A data set is a folder, a model here is one file. Both get a version with a label.')
  const [reviews, model] = ['dataset/reviews', 'model/sentiment']
  await tour.timed('add the data set', anna, `add reviews --as ${reviews} --label v1`)
  await tour.timed(
    'add the checkpoint',
    anna,
    `add checkpoint.bin --as ${model} --label v1 --input ${reviews}@v1 --meta epochs=10`,
  )

  tour.say('Tags describe a version; an alias is a name that moves. The first model goes live.')
  await tour.show(anna, 'tag set model/sentiment@v1 stage=reviewed owner=anna')
  await tour.show(anna, "alias set model/sentiment@v1 prod --reason 'first model'")
  await tour.show(anna, 'show model/sentiment@prod')
  return storedSince(anna, 0, 'first versions of both')
}

/** What the folder holds now against what its store grew by. */
function storedSince(owner: Command, storedBytesBefore: number, what: string): Stored {
  const sizeBytes =
    statSync(join(owner.folder, 'checkpoint.bin')).size +
    sizeOfFolder(join(owner.folder, 'reviews'))
  return { what, sizeBytes, storedBytes: storeBytes(owner) - storedBytesBefore }
}

/** Bytes of objects, not of the index that can be made again. */
function storeBytes(owner: Command): number {
  const packs = join(owner.folder, '.mlstore', 'packs')
  const loose = join(owner.folder, '.mlstore', 'objects')
  return [packs, loose].reduce((sum, path) => sum + (isFolder(path) ? sizeOfFolder(path) : 0), 0)
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
}

function makeEdits(
  { tour, anna }: Stage,
  paths: readonly string[],
): { sums: Sums; edits: DatasetEdits } {
  tour.heading('A second version of each, with small changes')
  const edits = writeSecondVersion(anna.folder, paths)
  tour.say(
    `${insertedBytes} bytes are inserted in the middle of the checkpoint, so that everything behind ` +
      `them moves. In the data set ${edits.changed.length} files change, ${edits.added.length} are ` +
      `added, ${edits.removed.length} removed and ${edits.renamed.length} renamed.`,
  )
  return { sums: sumsOf(anna.folder), edits }
}

async function addSecondVersions({ tour, anna }: Stage): Promise<Stored> {
  const before = storeBytes(anna)
  await tour.timed('add the changed data set', anna, 'add reviews --label v2')
  await tour.timed(
    'add the changed checkpoint',
    anna,
    'add checkpoint.bin --label v2 --input dataset/reviews@v2',
  )
  const stored = storedSince(anna, before, 'second versions of both')
  tour.check(
    stored.storedBytes < 4 * 1024 * 1024,
    `the second versions took ${size(stored.storedBytes)} for ${size(stored.sizeBytes)}`,
  )

  tour.say('Nothing changed since: adding again looks at the files and makes no version.')
  await tour.timed('add again, nothing changed', anna, 'add reviews')
  const versions = await anna.json<VersionSummary[]>('log', 'dataset/reviews')
  tour.check(versions.length === 2, 'the data set still has two versions')
  return stored
}

async function compareVersions({ tour, anna }: Stage, edits: DatasetEdits): Promise<void> {
  tour.say('What is different between the two?')
  const sides = ['dataset/reviews@v1', 'dataset/reviews@v2']
  await tour.timed('diff', anna, `diff ${sides.join(' ')}`)
  const diff = await anna.json<DiffResult>('diff', ...sides)
  tour.check(
    samePaths(diff.changed, edits.changed) &&
      samePaths(diff.added, edits.added) &&
      samePaths(diff.removed, edits.removed),
    'the diff names every file that was changed, added and removed, and no other',
  )
  const renames = diff.renamed.map(({ from, to }) => ({ from, to }))
  tour.check(
    JSON.stringify(renames) === JSON.stringify(edits.renamed),
    'the renamed file is shown as renamed',
  )
}

function samePaths(found: readonly { readonly path: string }[], made: readonly string[]): boolean {
  const paths = found.map(({ path }) => path).sort()
  return JSON.stringify(paths) === JSON.stringify([...made].sort())
}

async function pushAll(stage: Stage, before: readonly Stored[]): Promise<Stored> {
  const { tour, anna } = stage
  tour.heading('Sharing')
  tour.say('A remote is a bucket, s3://bucket/prefix, or as here a folder that others can reach.')
  await tour.show(anna, `remote add origin ${stage.remoteUrl}`)
  await tour.timed('push all four versions', anna, 'push')
  const sizeBytes = before.reduce((sum, stored) => sum + stored.sizeBytes, 0)
  return { what: 'the remote, all four', sizeBytes, storedBytes: sizeOfFolder(stage.remoteFolder) }
}

async function cloneAndVerify(stage: Stage, first: Sums, second: Sums): Promise<Command> {
  const { tour } = stage
  tour.say('Ben clones: he has every record at once, and bytes only of what he asks for.')
  const home = person(stage.folder, 'ben')
  await tour.timed('clone', home, `clone ${stage.remoteUrl} project`)
  const ben = home.in(join(home.folder, 'project'))
  await tour.show(ben, 'log model/sentiment')

  await tour.timed(
    'pull the second versions',
    ben,
    'pull origin model/sentiment@v2 dataset/reviews@v2',
  )
  tour.say('Now they are here; writing them out needs no remote.')
  await getBoth(tour, ben, 'v2')
  verifyBoth(tour, ben.folder, second, 'v2')

  tour.say('The first versions come the same way; only the little that differs is fetched.')
  await getBoth(tour, ben, 'v1')
  verifyBoth(tour, ben.folder, first, 'v1')
  return ben
}

async function getBoth(tour: Tour, owner: Command, label: string): Promise<void> {
  const model = `get model/sentiment@${label} -o ${label}/checkpoint.bin`
  await tour.timed(`get the checkpoint ${label}`, owner, model)
  const reviews = `get dataset/reviews@${label} -o ${label}/reviews`
  await tour.timed(`get the data set ${label}`, owner, reviews)
}

function verifyBoth(tour: Tour, owner: string, expected: Sums, label: string): void {
  const actual = sumsOf(join(owner, label))
  tour.check(
    actual.checkpoint === expected.checkpoint,
    `the checkpoint ${label} is Anna's, byte for byte (sha256 ${actual.checkpoint.slice(0, 12)}…)`,
  )
  tour.check(
    JSON.stringify(actual.reviews) === JSON.stringify(expected.reviews),
    `all ${Object.keys(expected.reviews).length} files of the data set ${label} are Anna's, byte for byte`,
  )
}

async function fetchOneFile(stage: Stage, first: Sums, paths: readonly string[]): Promise<void> {
  const { tour } = stage
  const path = paths[1234] ?? ''
  tour.say('Carol needs one file of 5,000. Her fresh clone fetches that file and little else.')
  const home = person(stage.folder, 'carol')
  await home.succeed('clone', stage.remoteUrl, 'project')
  const carol = home.in(join(home.folder, 'project'))
  const outcome = await tour.timed(
    'get one file of 5,000',
    carol,
    `get dataset/reviews@v1 --path ${path} -o one --json`,
  )
  const { files, fetchedBytes } = JSON.parse(outcome.stdout) as GetResult
  tour.check(files === 1, 'one file was written')
  tour.check(
    `file ${sha256OfFile(join(carol.folder, 'one', path))}` === first.reviews[path],
    'it is the file Anna added',
  )
  tour.check(fetchedBytes < 1024 ** 2, `${size(fetchedBytes)} were fetched for it`)
}

async function moveAliasOnBothSides({ tour, anna }: Stage, ben: Command): Promise<void> {
  tour.heading('Two people move one alias')
  const prod = 'model/sentiment@prod'
  tour.say(
    'Anna puts the second model live, and pushes. Ben has not heard of it and rolls his own.',
  )
  await tour.show(anna, 'alias set model/sentiment@v2 prod --reason better')
  await tour.show(anna, 'push')

  writeCheckpoint(join(ben.folder, 'tuned.bin'), 'demo tuned', 1_000_000)
  await tour.show(ben, 'add tuned.bin --as model/sentiment --label tuned')
  await tour.show(ben, "alias set model/sentiment@tuned prod --reason 'my own tuning'")
  tour.say(
    "Ben's push sends his model, but the alias is not his to move unseen: exit code 4, both values.",
  )
  const conflict = await tour.show(ben, 'push', 4)
  const shown = conflict.stdout + conflict.stderr
  const [ours, theirs] = await Promise.all(
    ['tuned', 'v2'].map((label) => ben.json<VersionSummary>('show', `model/sentiment@${label}`)),
  )
  tour.check(
    [ours, theirs].every((side) => side !== undefined && names(shown, side)),
    'the message names what Ben wanted and what Anna chose',
  )

  tour.say("Ben takes Anna's choice, talks to her, and then moves the alias knowingly.")
  await tour.show(ben, 'alias reset model/sentiment prod')
  await tour.show(ben, "alias set model/sentiment@tuned prod --reason 'agreed with Anna'")
  await tour.show(ben, 'push')
  await tour.show(anna, 'fetch')
  await tour.show(anna, 'alias log model/sentiment prod')
  const agreed = await Promise.all([anna, ben].map((one) => one.json<VersionSummary>('show', prod)))
  tour.check(
    agreed.every(({ label }) => label === 'tuned'),
    'both now say that prod is the tuned model',
  )
}

/** Whether a text names a version: by label, or by the start of its digest. */
function names(text: string, { label, digest }: VersionSummary): boolean {
  return text.includes(digest.slice(0, 8)) || (label !== null && text.includes(label))
}

async function pushNothing({ tour, anna }: Stage): Promise<void> {
  tour.say('With nothing new, a push asks two questions and is done.')
  const outcome = await tour.timed('push, nothing new', anna, 'push --json')
  const { requests, bytesSent } = JSON.parse(outcome.stdout) as PushResult
  tour.check(requests === 2 && bytesSent === 0, 'it took 2 requests and sent nothing')
}

async function checkStores({ tour, anna }: Stage, ben: Command): Promise<void> {
  tour.say('At any time: is every byte what it should be?')
  await tour.timed('fsck', anna, 'fsck')
  await tour.timed('fsck of the remote', anna, 'fsck --remote origin')
  const { problems } = await ben.json<FsckResult>('fsck')
  tour.check(problems.length === 0, "Ben's store is whole too")
}

function showStored(tour: Tour, stored: readonly Stored[]): void {
  tour.heading('What it came to')
  tour.table(
    ['', 'size', 'stored', 'stored / size'],
    stored.map(({ what, sizeBytes, storedBytes }) => [
      what,
      size(sizeBytes),
      size(storedBytes),
      `${((100 * storedBytes) / sizeBytes).toFixed(1)} %`,
    ]),
  )
}
