/**
 * `add`: a new version of files and folders.
 *
 *   read into packs in tmp/  ->  seal  ->  (writer lock) publish, decide, journal, lock file
 *
 * Nothing is visible before the last step, and the user's files are only read. Two processes may
 * read at the same time; what depends on the state (is it unchanged? is the label free?) is
 * decided under the lock.
 */

import { basename, resolve } from 'node:path'

import type { EventFields } from '../core/events/event.ts'
import {
  type AliasName,
  type ArtifactName,
  type Label,
  parseAliasName,
  parseArtifactName,
  parseLabel,
  parseTagKey,
} from '../core/names.ts'
import { generatedLabel } from '../core/reference.ts'
import {
  encodeVersionRecord,
  type VersionInput,
  type VersionRecord,
} from '../core/version-record.ts'
import type { UserObject } from '../core/canonical-json.ts'
import { invalidArgument, MlstoreError, notFound } from '../errors.ts'
import type { VersionRow } from '../catalog/version-row.ts'
import { appendWithin } from './append-events.ts'
import { type Ingested, ingest, type Source } from './ingest.ts'
import { lockedPaths, lockPath, type LockedPath } from './lock-file.ts'
import type { StoreParts, WriteScope } from './parts.ts'
import { pathInRepository } from './paths.ts'
import type { AddRequest } from './requests.ts'
import { resolveVersion } from './resolve.ts'
import type { AddResult } from './results.ts'
import { changedPaths } from './status.ts'
import { summaryOf } from './summary.ts'

/** How often reading starts again because a gc took what it counted on. */
const triesMax = 3

/** Adds one version of the paths, or one of each locked path that changed. */
export async function add(parts: StoreParts, request: AddRequest): Promise<AddResult[]> {
  if (request.paths.length > 0) return [await addOne(parts, request)]
  if (request.as !== undefined) throw invalidArgument('`--as` needs a path to add.')
  const results: AddResult[] = []
  for (const { path, artifact } of await changedPaths(parts, request.signal)) {
    const absolute = resolve(parts.repository.root, path)
    results.push(await addOne(parts, { ...request, paths: [absolute], as: artifact }))
  }
  return results
}

/** What is said about the version, checked before anything is read. */
type Wish = {
  readonly artifact: ArtifactName
  readonly label: Label | undefined
  readonly aliases: readonly AliasName[]
  readonly tags: Readonly<Record<string, string>>
  readonly meta: UserObject | undefined
  readonly inputs: readonly VersionInput[]
  readonly shape: 'file' | 'tree'
  readonly sources: readonly Source[]
  /** Path relative to the repository's root, if one line of the lock can stand for it. */
  readonly lockPath: string | undefined
  readonly path: string
}

async function addOne(parts: StoreParts, request: AddRequest): Promise<AddResult> {
  await parts.codec.open()
  const wish = readWish(parts, request)
  const task = parts.progress.start('add')
  try {
    for (let tries = 1; ; tries++) {
      const result = await tryAdd(parts, request, wish, task)
      if (result !== undefined) return result
      if (tries === triesMax) {
        throw new MlstoreError('STORE_LOCKED', 'A gc keeps removing what is being added.', {
          hint: 'Run the command again when the gc is done.',
        })
      }
    }
  } finally {
    task.end()
  }
}

async function tryAdd(
  parts: StoreParts,
  request: AddRequest,
  wish: Wish,
  progress: Parameters<typeof ingest>[3]['progress'],
): Promise<AddResult | undefined> {
  const writer = parts.objects.startWrite()
  try {
    const content = await ingest(parts, writer, wish.sources, {
      exclude: request.exclude ?? [],
      noHidden: request.noHidden ?? false,
      hardlink: request.hardlink ?? false,
      progress,
      signal: request.signal,
    })
    await writer.seal()
    return await parts.write((scope) => {
      if (writer.publish().missing.length > 0) return undefined
      return commit(parts, scope, wish, content, request.noLock ?? false)
    }, request.signal)
  } finally {
    await writer.abort()
  }
}

// --- what is asked for --------------------------------------------------------------------------

function readWish(parts: StoreParts, request: AddRequest): Wish {
  const sources = sourcesOf(parts, request.paths)
  const [first, ...others] = sources
  if (first === undefined) throw invalidArgument('Nothing to add.')
  const isFile = others.length === 0 && parts.fs.lstat(first.path)?.kind !== 'directory'
  const locked = others.length === 0 ? pathInRepository(parts, first.path) : undefined
  return {
    artifact: artifactOf(parts, request, locked),
    label: request.label === undefined ? undefined : parseLabel(request.label),
    aliases: (request.aliases ?? []).map(parseAliasName),
    tags: checkedTags(request.tags ?? {}),
    meta: request.meta as UserObject | undefined,
    inputs: (request.inputs ?? []).map((text) => inputOf(parts, text)),
    shape: isFile ? 'file' : 'tree',
    sources: others.length > 0 || isFile ? sources : [{ ...first, at: '' }],
    lockPath: locked,
    path: request.paths.join(' '),
  }
}

function sourcesOf(parts: StoreParts, paths: readonly string[]): Source[] {
  const sources = paths.map((path) => {
    const absolute = resolve(parts.cwd, path)
    const kind = parts.fs.lstat(absolute)?.kind
    if (kind === undefined) throw notFound(`${path} is not there.`)
    if (kind === 'link') {
      throw invalidArgument(`${path} is a symbolic link.`, 'Add what it points at.')
    }
    if (kind === 'other') {
      throw invalidArgument(
        `${path} is a device, a socket or a pipe.`,
        'Only files and folders can be added.',
      )
    }
    const real = parts.fs.realPath(absolute)
    return { path: real, at: basename(real) }
  })
  const names = sources.map((source) => source.at)
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice === undefined) return sources
  throw invalidArgument(
    `Two of the paths are named ${JSON.stringify(twice)}.`,
    'Add the folder around them.',
  )
}

function artifactOf(
  parts: StoreParts,
  request: AddRequest,
  path: string | undefined,
): ArtifactName {
  if (request.as !== undefined) return parseArtifactName(request.as)
  const locked =
    path === undefined ? undefined : lockedPaths(parts).find((line) => line.path === path)
  if (locked !== undefined) return parseArtifactName(locked.artifact)
  throw invalidArgument(
    `Which artifact is ${request.paths.join(' ')}?`,
    'Name it: `--as type/name`, such as --as model/resnet. From then on mlstore.lock knows.',
  )
}

function checkedTags(tags: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(tags).map(([key, value]) => [parseTagKey(key), value]))
}

function inputOf(parts: StoreParts, text: string): VersionInput {
  return { role: 'input', version: resolveVersion(parts, text).id }
}

// --- under the writer lock ----------------------------------------------------------------------

function commit(
  parts: StoreParts,
  scope: WriteScope,
  wish: Wish,
  content: Ingested,
  noLock: boolean,
): AddResult {
  const newest = parts.catalog.versions.newest(wish.artifact)
  const isUnchanged = newest !== undefined && saysNothingNew(parts, wish, content, newest)
  const added = isUnchanged
    ? { id: newest.id, record: newest.record }
    : addVersion(parts, wish, content)
  const events = [...('events' in added ? added.events : []), ...markEvents(parts, wish, added.id)]
  appendWithin(parts, scope, events)
  const row = parts.catalog.versions.get(added.id)
  if (row === undefined) throw notFound(`version ${added.id}`)
  if (!noLock && wish.lockPath !== undefined) lockPath(parts, lineOf(parts, wish.lockPath, row))
  const { artifact, label, digest, root, files, sizeBytes, aliases } = summaryOf(parts, row)
  const { newBytes, hidden } = content
  const unchanged = isUnchanged
  return {
    artifact,
    label,
    digest,
    root,
    files,
    sizeBytes,
    newBytes,
    unchanged,
    aliases,
    hidden,
    path: wish.path,
  }
}

/** The same content as the newest version, and no label, metadata or input it does not have. */
function saysNothingNew(
  parts: StoreParts,
  wish: Wish,
  content: Ingested,
  newest: VersionRow,
): boolean {
  const { record } = newest
  return (
    record.root === content.root &&
    record.shape === wish.shape &&
    wish.meta === undefined &&
    wish.inputs.length === 0 &&
    (wish.label === undefined || wish.label === parts.catalog.labels.of(newest.id))
  )
}

function addVersion(
  parts: StoreParts,
  wish: Wish,
  content: Ingested,
): { id: VersionRow['id']; record: VersionRecord; events: EventFields[] } {
  const now = parts.clock.now()
  const record: VersionRecord = {
    artifact: wish.artifact,
    by: parts.identity.user,
    createdAt: now.toISOString(),
    files: content.files,
    root: content.root,
    shape: wish.shape,
    size: content.size,
    ...(wish.inputs.length > 0 ? { inputs: wish.inputs } : {}),
    ...(wish.meta === undefined ? {} : { meta: wish.meta }),
  }
  const { id } = encodeVersionRecord(record)
  const { artifact } = wish
  const label = wish.label ?? freeLabel(parts, artifact, generatedLabel(now))
  if (wish.label !== undefined) refuseTakenLabel(parts, artifact, wish.label)
  const generated = wish.label === undefined
  return {
    id,
    record,
    events: [
      { type: 'version.add', version: id, record },
      { type: 'label.claim', artifact, label: parseLabel(label), version: id, generated },
    ],
  }
}

/** The generated label, or with `-2`, `-3` … behind it. */
function freeLabel(parts: StoreParts, artifact: string, label: string): string {
  for (let number = 1; ; number++) {
    const candidate = number === 1 ? label : `${label}-${number}`
    if (parts.catalog.versions.byLabel(artifact, candidate).length === 0) return candidate
  }
}

/** @throws {MlstoreError} `LABEL_TAKEN` */
export function refuseTakenLabel(parts: StoreParts, artifact: string, label: string): void {
  const [taken] = parts.catalog.versions.byLabel(artifact, label)
  if (taken === undefined) return
  throw new MlstoreError(
    'LABEL_TAKEN',
    `${artifact}@${label} is version ${taken.slice(0, 12)} already.`,
    { hint: 'Choose another label; versions never change.', details: { version: taken } },
  )
}

function markEvents(parts: StoreParts, wish: Wish, version: VersionRow['id']): EventFields[] {
  const { artifact } = wish
  const moves = wish.aliases.flatMap((alias): EventFields[] => {
    const { aliases } = parts.catalog
    if (aliases.head(artifact, alias)?.to === version) return []
    return [
      {
        type: 'alias.move',
        artifact,
        alias,
        to: version,
        over: aliases.overForNewMove(artifact, alias),
      },
    ]
  })
  const tags = Object.entries(wish.tags).map(([key, value]): EventFields => ({
    type: 'tag.set',
    target: `version:${version}`,
    key,
    value,
  }))
  return [...moves, ...tags]
}

/** The line of `mlstore.lock` that says the path holds this version. */
export function lineOf(parts: StoreParts, path: string, row: VersionRow): LockedPath {
  const label = parts.catalog.labels.of(row.id) ?? row.id.slice(0, 12)
  return { path, artifact: row.record.artifact, label, version: row.id, root: row.record.root }
}
