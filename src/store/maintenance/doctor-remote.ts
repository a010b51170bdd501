/**
 * `remote doctor`: what a remote can do, how far its log has come, and what is not as it should be.
 *
 * Nothing is learned for good: the log is only looked at, so that a doctor can be run anywhere,
 * also with rights to read alone.
 */

import { digestOf } from '../../core/digest.ts'
import type { LogHead } from '../../core/log/entry.ts'
import { decodeRemoteFormat, requireFeatures } from '../../core/remote-format.ts'
import { logKey, remoteFormatKey } from '../../core/remote-layout.ts'
import { isMlstoreError } from '../../errors.ts'
import type { Capabilities, Remote } from '../../ports/remote.ts'
import type { StoreParts } from '../parts.ts'
import type { RemoteDoctorResult } from '../results.ts'
import { type RemoteSession, withRemote } from '../sync/session.ts'
import { endOfLog } from './end-of-log.ts'
import { sentences } from './sentences.ts'

/** Beyond it, signed requests come near to being refused (15 minutes on AWS). */
const skewMsMax = 5 * 60 * 1000

type Notes = { readonly problems: string[]; readonly warnings: string[] }

type Abilities = Omit<Capabilities, 'checkedAt' | 'problems'>

/**
 * Probes a remote and explains what is not as it should be.
 *
 * @throws {MlstoreError} `REMOTE_UNAVAILABLE` if it cannot be reached at all.
 */
export function doctorRemote(parts: StoreParts, name?: string): Promise<RemoteDoctorResult> {
  return withRemote(parts, name, async (session) => {
    const notes: Notes = { problems: [], warnings: [] }
    const format = await session.remote.get(remoteFormatKey)
    const known = parts.catalog.remotes.byName(session.name)
    const isGone = format === undefined && known !== undefined
    if (isGone) noteGone(known.repoId, notes)
    const capabilities = isGone ? undefined : await probe(session, notes)
    const repository = format && (await lookAtLog(parts, session, format, notes))
    if (capabilities !== undefined) await compareClocks(parts, session.remote, notes)
    if (session.configured.singleWriter) noteSingleWriter(session, capabilities, notes)
    return {
      name: session.name,
      url: session.remote.url,
      capabilities: capabilities ?? nothing,
      repoId: repository?.repoId ?? null,
      seq: repository?.seq ?? null,
      ...notes,
    }
  })
}

const nothing: Abilities = { conditionalCreate: false, list: false, range: false }

/** `undefined` where nothing may be written, so that nothing could be tried. */
async function probe(session: RemoteSession, notes: Notes): Promise<Abilities | undefined> {
  try {
    const { conditionalCreate, list, range, problems } = await session.probe()
    notes.problems.push(...problems)
    if (!list) {
      notes.warnings.push(
        'Without listing, `remote gc` cannot find packs that no push has finished, and fsck cannot tell a lost log entry from the end of the log.',
      )
    }
    return { conditionalCreate, list, range }
  } catch (error) {
    if (!isMlstoreError(error, 'REMOTE_REFUSED')) throw error
    notes.problems.push(sentences(`Writing is refused: ${error.message}`))
    notes.warnings.push('Fetching and pulling need no right to write.')
    return undefined
  }
}

/** A drive that is not mounted looks like this, and nothing may be written in its place. */
function noteGone(repoId: string, { problems, warnings }: Notes): void {
  problems.push(
    `Repository ${repoId} was here, and format.json is gone: is the URL right, and the drive mounted?`,
  )
  warnings.push('Nothing was tried, because that would write.')
}

type Repository = { readonly repoId: string; readonly seq: number }

async function lookAtLog(
  parts: StoreParts,
  { remote, name }: RemoteSession,
  format: Uint8Array,
  notes: Notes,
): Promise<Repository | undefined> {
  const known = parts.catalog.remotes.byName(name)
  const repoId = repositoryOf(format, notes)
  if (repoId === undefined) return undefined
  if (known !== undefined && known.repoId !== repoId) {
    notes.problems.push(`This is repository ${repoId}; as ${name}, ${known.repoId} is known.`)
  }
  const seq = await seqOf(parts, { remote, name }, repoId, notes)
  return { repoId, seq }
}

/** How far the log goes, and how that compares with what is known here. */
async function seqOf(
  parts: StoreParts,
  { remote, name }: Pick<RemoteSession, 'remote' | 'name'>,
  repoId: string,
  { problems, warnings }: Notes,
): Promise<number> {
  const head = parts.catalog.remotes.head(repoId)
  if (head !== undefined && !(await isStillThere(remote, head))) {
    const what = `entry ${head.seq} is not the one known here`
    problems.push(`The log was rolled back or replaced: ${what}.`)
    return endOfLog(remote, 0)
  }
  const seq = await endOfLog(remote, head?.seq ?? 0)
  if (head === undefined) {
    warnings.push(`It was never fetched here: \`mlstore fetch ${name}\` does so.`)
  } else if (seq > head.seq) {
    const entries = seq === head.seq + 1 ? 'One entry is' : `${seq - head.seq} entries are`
    warnings.push(`${entries} not known here yet: run \`mlstore fetch ${name}\`.`)
  }
  return seq
}

async function isStillThere(remote: Remote, { seq, hash }: LogHead): Promise<boolean> {
  if (seq === 0) return true
  const entry = await remote.get(logKey(seq))
  return entry !== undefined && digestOf(entry) === hash
}

/** The repository, with a problem for each thing this mlstore may not do to it. */
function repositoryOf(bytes: Uint8Array, notes: Notes): string | undefined {
  try {
    const format = decodeRemoteFormat(bytes, remoteFormatKey)
    for (const operation of ['read', 'write'] as const) {
      requireFeatures(format, operation, remoteFormatKey)
    }
    return format.repoId
  } catch (error) {
    const isAboutFormat =
      isMlstoreError(error, 'CORRUPT') || isMlstoreError(error, 'FORMAT_UNSUPPORTED')
    if (!isAboutFormat) throw error
    notes.problems.push(sentences(error.message, error.hint))
    return undefined
  }
}

/** Writes an object and looks at the time the remote gives it. */
async function compareClocks(parts: StoreParts, remote: Remote, notes: Notes): Promise<void> {
  const key = `probe/clock-${parts.ids.id()}`
  const before = parts.clock.now().getTime()
  await remote.put(key, Buffer.from('What time is it?'))
  const after = parts.clock.now().getTime()
  const head = await remote.head(key)
  await removeProbe(remote, key)
  const skewMs = (head?.modifiedAt.getTime() ?? before) - (before + after) / 2
  if (Math.abs(skewMs) <= skewMsMax) return
  const minutes = Math.round(Math.abs(skewMs) / 60_000)
  const how = skewMs > 0 ? 'behind' : 'ahead of'
  notes.problems.push(
    `This machine's clock is ${minutes} minutes ${how} the remote's: requests may be refused as expired.`,
  )
}

/** Without the right to delete, the few bytes stay; the probe has said so. */
async function removeProbe(remote: Remote, key: string): Promise<void> {
  try {
    await remote.delete(key)
  } catch (error) {
    if (!isMlstoreError(error)) throw error
  }
}

function noteSingleWriter(
  { name }: RemoteSession,
  capabilities: Abilities | undefined,
  notes: Notes,
): void {
  notes.warnings.push(
    capabilities?.conditionalCreate === true
      ? `${name} is marked --single-writer, and need not be: it can be shared. Add it again without the mark.`
      : `${name} is marked --single-writer: two people who push at once could lose work.`,
  )
}
