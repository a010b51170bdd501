/**
 * `add`: a new version of files and folders.
 *
 *   read into packs in tmp/  ->  seal  ->  (writer lock) publish, decide, journal, lock file
 *
 * Nothing is visible before the last step, and the user's files are only read. Two processes may
 * read at the same time; what depends on the state (is it unchanged? is the label free?) is
 * decided under the lock.
 */

import { resolve } from 'node:path'

import { invalidArgument, MlstoreError } from '../errors.ts'
import type { ObjectWriter } from '../objects/object-writer.ts'
import type { ProgressTask } from '../ports/progress.ts'
import { commitUnchanged, commitVersion, unchangedVersion } from './add-commit.ts'
import { readWish, type Wish } from './add-wish.ts'
import { type Ingested, ingest, type Trust } from './ingest.ts'
import type { StoreParts } from './parts.ts'
import { recallTree } from './remembered-tree.ts'
import type { AddRequest } from './requests.ts'
import type { AddResult } from './results.ts'
import { ambientRun } from './runs/ambient-run.ts'
import { outputRole } from '../core/lineage/roles.ts'
import { changedPaths } from './status.ts'
import { rememberWholeTree } from './whole-trees.ts'

/** Adds one version of the paths, or one of each locked path that changed. */
export async function add(parts: StoreParts, request: AddRequest): Promise<AddResult[]> {
  const { signal } = request
  const run = ambientRun(parts)
  const maker = run === undefined ? undefined : { run, role: outputRole }
  if (request.paths.length > 0) {
    return [await addWish(parts, { ...readWish(parts, request), maker }, signal)]
  }
  if (request.as !== undefined) throw invalidArgument('`--as` needs a path to add.')
  const results: AddResult[] = []
  for (const { path } of await changedPaths(parts, signal)) {
    const paths = [resolve(parts.repository.root, path)]
    const wish = { ...readWish(parts, { ...request, paths }), path, maker }
    results.push(await addWish(parts, wish, signal))
  }
  return results
}

/** One version being added. */
type Adding = {
  readonly parts: StoreParts
  readonly wish: Wish
  /** Puts the content into a write session. */
  readonly read: (writer: ObjectWriter, trust: Trust) => Promise<ReadContent>
  readonly signal: AbortSignal | undefined
}

/** What was read, and how many names were left out as hidden. */
export type ReadContent = Ingested & { readonly hidden: number }

/** Adds one version of what the wish names. */
export async function addWish(
  parts: StoreParts,
  wish: Wish,
  signal: AbortSignal | undefined,
): Promise<AddResult> {
  const progress = parts.progress.start('add')
  try {
    const read: Adding['read'] = (writer, trust) =>
      readSources({ parts, wish, signal }, writer, { trust, progress })
    const adding = { parts, wish, read, signal }
    return (await addUnchanged(adding)) ?? (await addContent(adding))
  } finally {
    progress.end()
  }
}

/** The quick way out: a folder in which nothing changed since its tree was last built. */
async function addUnchanged({ parts, wish, signal }: Adding): Promise<AddResult | undefined> {
  const [source, ...others] = wish.sources
  if (source?.isFolder !== true || others.length > 0) return undefined
  let hidden = 0
  const onHidden = (): void => void (hidden += 1)
  const root = await recallTree(parts, source.path, { rules: wish.rules, onHidden, signal })
  if (root === undefined || unchangedVersion(parts, wish, root) === undefined) return undefined
  return parts.write((scope) => {
    // Someone may have added another version since.
    const version = unchangedVersion(parts, wish, root)
    return version && commitUnchanged(parts, scope, wish, { version, newBytes: 0, hidden })
  }, signal)
}

/** Adds one version of what `read` gives, which may be asked for it again. */
export async function addContent(adding: Adding): Promise<AddResult> {
  const { parts } = adding
  await parts.codec.open()
  const writer = parts.objects.startWrite()
  try {
    return await readAndCommit(adding, writer)
  } finally {
    await writer.abort()
  }
}

/**
 * What the stat cache knows is believed at first. If the store turns out not to have those bytes
 * (a gc or `drop` took them), it is asked for each file, and if a gc takes more while that goes
 * on, everything is read.
 */
async function readAndCommit(adding: Adding, writer: ObjectWriter): Promise<AddResult> {
  let newBytes = 0
  for (const trust of ['assume', 'check', 'never'] as const) {
    const content = await adding.read(writer, trust)
    newBytes += content.newBytes
    const result = await publish(adding, writer, { ...content, newBytes })
    if (result !== undefined) return result
  }
  throw new MlstoreError('STORE_LOCKED', 'A gc keeps removing what is being added.', {
    hint: 'Run the command again when the gc is done.',
  })
}

async function readSources(
  { parts, wish, signal }: Omit<Adding, 'read'>,
  writer: ObjectWriter,
  { trust, progress }: { readonly trust: Trust; readonly progress: ProgressTask },
): Promise<ReadContent> {
  const { sources, rules, hardlink } = wish
  let hidden = 0
  const onHidden = (): void => void (hidden += 1)
  const options = { rules, trust, hardlink, progress, onHidden, signal }
  const content = await ingest(parts, writer, sources, options)
  return { ...content, hidden }
}

/** `undefined` if the store lacks something that the session counted on. */
async function publish(
  { parts, wish, signal }: Adding,
  writer: ObjectWriter,
  content: ReadContent,
): Promise<AddResult | undefined> {
  const mustHold = unchangedVersion(parts, wish, content.root) === undefined
  if (mustHold && !holdsAll(writer, content)) return undefined
  await writer.seal()
  return parts.write((scope) => {
    const { missing, packs } = writer.publish()
    if (missing.length > 0) return undefined
    const version = unchangedVersion(parts, wish, content.root)
    if (version !== undefined) {
      return commitUnchanged(parts, scope, wish, { ...content, version })
    }
    if (!mustHold) return undefined
    rememberWholeTree(parts, content.root, packs)
    return commitVersion(parts, scope, wish, content)
  }, signal)
}

/** Whether the store has the bytes of every file that was not read; counts on them from now on. */
function holdsAll(writer: ObjectWriter, { assumed }: Ingested): boolean {
  for (const digest of assumed) if (!writer.keep(digest)) return false
  return true
}
