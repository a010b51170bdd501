/**
 * `fsck --remote`: reads a remote as a stranger would and says what is wrong with it.
 *
 * Nothing learned before is trusted. First the log with its hashes, then the packs it says are
 * live, then the bodies of events and every version's tree against what those packs hold, then
 * the checkpoints.
 */

import { notFound } from '../../errors.ts'
import type { StoreParts } from '../parts.ts'
import type { FsckRequest, WorkOptions } from '../requests.ts'
import type { FsckResult } from '../results.ts'
import { transferConcurrency } from '../sync/transfer-limits.ts'
import { type RemoteSession, withRemote } from '../sync/session.ts'
import { checkRemoteBodies } from './check-remote-bodies.ts'
import { checkRemoteCheckpoints } from './check-remote-checkpoints.ts'
import { checkRemoteLog } from './check-remote-log.ts'
import { checkRemotePacks } from './check-remote-packs.ts'
import { RemoteTreeCheck } from './check-remote-trees.ts'
import { Findings } from './findings.ts'
import type { RemoteCheck } from './remote-check.ts'
import type { LogState } from './remote-log-state.ts'
import { repairRemote } from './repair-remote.ts'
import { sampleOf } from './sample.ts'

/**
 * Checks a remote.
 *
 * @throws {MlstoreError} `NOT_FOUND` if nothing was ever pushed there.
 */
export async function fsckRemote(
  parts: StoreParts,
  name: string,
  request: FsckRequest,
): Promise<FsckResult> {
  await parts.codec.open()
  return withRemote(parts, name, async (session) => {
    const task = parts.progress.start('check')
    try {
      const check = makeCheck(parts, session, request)
      return await run(parts, { ...check, task }, request)
    } finally {
      task.end()
    }
  })
}

function makeCheck(
  parts: StoreParts,
  { remote, name }: RemoteSession,
  { samplePercent, signal }: FsckRequest & WorkOptions,
): Omit<RemoteCheck, 'task'> {
  const known = parts.catalog.remotes.byName(name)
  return {
    remote,
    codec: parts.codec,
    concurrency: transferConcurrency(parts),
    signal,
    sample: sampleOf(samplePercent),
    findings: new Findings(),
    known: known && parts.catalog.remotes.head(known.repoId),
    rightBytes: new Map(),
  }
}

async function run(
  parts: StoreParts,
  check: RemoteCheck,
  { repair }: FsckRequest,
): Promise<FsckResult> {
  for (;;) {
    const round = { ...check, findings: new Findings(), rightBytes: new Map<string, Uint8Array>() }
    const state = await checkOnce(round)
    if (repair === true && state !== undefined) await repairRemote(parts, round, state)
    check.findings.absorb(round.findings)
    // Behind an entry that was put back there is more to look at.
    const isLonger = round.findings.all.some(
      ({ mend }) =>
        mend?.kind === 'key' && mend.key.startsWith('log/') && round.findings.isMended(mend),
    )
    if (!isLonger) return check.findings.result()
  }
}

async function checkOnce(check: RemoteCheck): Promise<LogState | undefined> {
  const { findings, task, remote } = check
  const state = await checkRemoteLog(check)
  if (state === undefined) {
    if (findings.all.length > 0) return undefined
    throw notFound(`${remote.url} holds no repository yet.`, 'Push to it first.')
  }
  const packs = state.livePacks()
  task.addTotal({ bytes: packs.reduce((sum, pack) => sum + pack.sizeBytes, 0) })
  const { bulk } = state
  const holdings = await checkRemotePacks(
    check,
    packs,
    bulk.map(({ body }) => body.digest),
  )
  await checkRemoteBodies(check, holdings, bulk)
  await new RemoteTreeCheck(check, holdings).checkVersions(state.versions())
  await checkRemoteCheckpoints(check, state)
  return state
}
