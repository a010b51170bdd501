/**
 * `doctor`: checks of the installation and of the store that take a moment, in words.
 *
 * It reads no object and asks no remote: `fsck` and `remote doctor` do. What it tries on the file
 * system it tries in `tmp/`, and cleans up.
 */

import { join } from 'node:path'

import { isMlstoreError } from '../../errors.ts'
import { readJournal } from '../../objects/journal.ts'
import type { FileSystem } from '../../ports/file-system.ts'
import type { ConfiguredRemote } from '../config.ts'
import type { StoreParts } from '../parts.ts'
import type { DoctorResult } from '../results.ts'
import { readFormat } from '../store-format.ts'
import { damagedFolderName } from './repair-local.ts'
import { sentences } from './sentences.ts'

type Check = DoctorResult['checks'][number]

/** The oldest Node that mlstore is made for. */
const nodeMajorMin = 20

/** Looks at everything and never throws what it finds. */
export async function doctor(parts: StoreParts): Promise<DoctorResult> {
  const checks: Check[] = [
    nodeCheck(),
    await attempt('compression', () => compressionCheck(parts)),
    await attempt('format', () => formatCheck(parts)),
    await attempt('catalog', () => catalogCheck(parts)),
    await attempt('lock', () => lockCheck(parts)),
    await attempt('file system', () => fileSystemCheck(parts)),
    await attempt('leftovers', () => leftoversCheck(parts)),
    ...(await remoteChecks(parts)),
  ]
  return { checks }
}

/** A check that cannot be made has failed. */
async function attempt(name: string, work: () => Check | Promise<Check>): Promise<Check> {
  try {
    return await work()
  } catch (error) {
    if (!isMlstoreError(error)) throw error
    return { name, ok: false, detail: sentences(error.message, error.hint) }
  }
}

function nodeCheck(): Check {
  const { node } = process.versions
  const ok = Number(node.split('.')[0]) >= nodeMajorMin
  const detail = ok ? node : `${node}: mlstore needs ${nodeMajorMin} or newer`
  return { name: 'node', ok, detail }
}

/** Goes through the compressor once, so that one that cannot be loaded is noticed. */
async function compressionCheck({ codec }: StoreParts): Promise<Check> {
  const engine = 'zstd' in process.versions ? 'zstd of Node itself' : 'zstd as WebAssembly'
  await codec.open()
  const sample = Buffer.alloc(4096, 'mlstore ')
  const frame = codec.compress(sample)
  const ok = frame !== undefined && sample.equals(codec.decompress(frame, sample.length))
  return {
    name: 'compression',
    ok,
    detail: ok ? engine : `${engine} does not give back what it got`,
  }
}

function formatCheck({ fs, layout, storeId }: StoreParts): Check {
  const found = readFormat(fs, layout)
  const ok = found.storeId === storeId
  return { name: 'format', ok, detail: `store ${found.storeId} in ${layout.directory}` }
}

function catalogCheck({ catalog, fs, layout }: StoreParts): Check {
  const name = 'catalog'
  if (catalog.isInMemory) {
    const detail = `${layout.catalog} cannot be written, so every command builds it in memory`
    return { name, ok: true, detail }
  }
  let behind = 0
  for (const _ of readJournal(fs, layout.journal, catalog.position)) behind += 1
  const mode =
    fs.lstat(`${layout.catalog}-wal`) === undefined ? 'rollback journal' : 'write-ahead log'
  const lag = behind === 0 ? 'up to date' : `${behind} records behind the journal`
  const detail = `${catalog.events.count()} events, ${lag}, ${mode}`
  return { name, ok: true, detail }
}

/** How long it is tried to get the lock before somebody else is said to hold it. */
const lockTryMs = 50

async function lockCheck(parts: StoreParts): Promise<Check> {
  const { clock, layout } = parts
  const stop = new AbortController()
  const free = parts.withLock(layout.writerLock, async () => true, stop.signal)
  const giveUp = clock.sleep(lockTryMs, stop.signal).then(() => stop.abort())
  giveUp.catch(() => undefined)
  try {
    await free
    return { name: 'lock', ok: true, detail: 'free' }
  } catch (error) {
    if (!isMlstoreError(error, 'INTERRUPTED')) throw error
    return { name: 'lock', ok: true, detail: `held by ${holderOf(parts) ?? 'another process'}` }
  } finally {
    stop.abort()
  }
}

/** The note beside the lock says who holds it. */
function holderOf({ fs, layout }: StoreParts): string | undefined {
  const path = `${layout.writerLock}.holder`
  return fs.lstat(path) === undefined ? undefined : fs.readFile(path).toString('utf8')
}

/** What the file system can do decides how files get into the store and out of it. */
async function fileSystemCheck({ fs, ids, layout }: StoreParts): Promise<Check> {
  const path = join(layout.temporary, `doctor-${ids.id()}`)
  const copies = [`${path}-link`, `${path}-clone`]
  try {
    fs.makeDirectory(layout.temporary)
    const file = fs.open(path, 'create')
    try {
      file.write(Buffer.from('mlstore'), 0)
      file.sync()
    } finally {
      file.close()
    }
    const [link = '', clone = ''] = copies
    const abilities = [
      canLink(fs, path, link) ? 'hard links' : 'no hard links',
      fs.clone(path, clone) ? 'reflinks' : 'no reflinks',
      (await fs.syncFileSystem(path)) ? 'flushed as a whole' : 'flushed file by file',
    ]
    return { name: 'file system', ok: true, detail: `writable, ${abilities.join(', ')}` }
  } finally {
    for (const each of [path, ...copies]) discard(fs, each)
  }
}

function canLink(fs: FileSystem, from: string, to: string): boolean {
  try {
    fs.link(from, to)
    return true
  } catch (error) {
    if (isMlstoreError(error)) return false
    throw error
  }
}

/** On a read-only file system there is nothing to remove, and the first error is the one to tell. */
function discard(fs: FileSystem, path: string): void {
  try {
    fs.removeTree(path)
  } catch (error) {
    if (!isMlstoreError(error)) throw error
  }
}

function leftoversCheck({ fs, layout }: StoreParts): Check {
  const count = (folder: string): number =>
    fs.lstat(folder) === undefined ? 0 : fs.readDirectory(folder).length
  const temporary = count(layout.temporary)
  const damaged = count(join(layout.directory, damagedFolderName))
  const details = [
    temporary === 0 ? [] : [`${temporary} in tmp/, of a command that runs or of another machine`],
    damaged === 0
      ? []
      : [`${damaged} in ${damagedFolderName}/, packs and journals that fsck replaced`],
  ].flat()
  const detail = details.length === 0 ? 'none' : details.join('; ')
  return { name: 'leftovers', ok: true, detail }
}

/** Settings are read and remotes opened, which sends nothing. */
async function remoteChecks(parts: StoreParts): Promise<Check[]> {
  const checks: Check[] = []
  const settings = await attempt('settings', () => {
    const count = parts.config().remotes().length
    return { name: 'settings', ok: true, detail: count === 1 ? '1 remote' : `${count} remotes` }
  })
  if (!settings.ok) return [settings]
  for (const remote of parts.config().remotes()) {
    checks.push(await attempt(`remote ${remote.name}`, () => remoteCheck(parts, remote)))
  }
  return [settings, ...checks]
}

async function remoteCheck(parts: StoreParts, remote: ConfiguredRemote): Promise<Check> {
  const opened = await parts.openRemote(remote)
  await opened.remote.close()
  const isDefault = parts.config().defaultRemote()?.name === remote.name
  const repoId = parts.catalog.remotes.byName(remote.name)?.repoId
  const head = repoId === undefined ? undefined : parts.catalog.remotes.head(repoId)
  const notes = [
    remote.settings.url,
    isDefault ? 'the default' : '',
    remote.singleWriter ? 'for a single writer' : '',
    head === undefined ? 'never fetched' : `known up to entry ${head.seq}`,
    credentialsOf(remote),
  ]
  const detail = notes.filter((note) => note !== '').join(', ')
  return { name: `remote ${remote.name}`, ok: true, detail }
}

/** Where credentials come from, never what they are. */
function credentialsOf({ name, settings }: ConfiguredRemote): string {
  if (!settings.url.startsWith('s3:')) return ''
  if (settings.anonymous === true) return 'requests are not signed'
  const variables = `MLSTORE_REMOTE_${name.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_')}_*`
  const last = settings.profile === undefined ? "AWS's own chain" : `profile ${settings.profile}`
  return `credentials from ${variables} or MLSTORE_S3_*, else ${last}`
}
