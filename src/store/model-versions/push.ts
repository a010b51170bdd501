/**
 * Pushing a sealed model version, and settling what others have pushed first.
 *
 * Somebody else may have taken the number: ours gets the next free one. Somebody else may have
 * added to the same version: ours is sealed again on top of theirs. Nothing of either is lost.
 */

import { labelOfId } from '../../core/model-versions/names.ts'
import { MlstoreError } from '../../errors.ts'
import { relabel } from '../alias.ts'
import type { StoreParts } from '../parts.ts'
import type { PushResult } from '../results.ts'
import { push } from '../sync/push.ts'
import type { PushedModelVersion, SealedModelVersion } from './requests.ts'
import { sealRun } from './seal.ts'
import { type ModelParts, settleNumber } from './sessions.ts'
import { successorsOf } from './successors.ts'

/** Others who push at the same time may be first so often; each turn settles what the last met. */
const turnsMax = 20

export type PushModelVersion = {
  readonly sealed: SealedModelVersion
  /** In which it was made; `undefined` if it was there and nothing was added to it. */
  readonly run: string | undefined
  readonly remote: string
}

/**
 * Sends the version, those it came of, and the run that made it.
 *
 * @throws {MlstoreError} As `Store.push`; nothing is lost, and the next push sends it.
 */
export async function pushModelVersion(
  parts: StoreParts,
  of: ModelParts,
  { sealed, run, remote }: PushModelVersion,
): Promise<PushedModelVersion> {
  let current = sealed
  let bytesSent = 0
  let merged = false
  for (let turn = 0; turn < turnsMax; turn++) {
    const result = await push(parts, { remote, references: referencesOf(parts, of, current) })
    bytesSent += result.bytesSent
    const obstacle = run === undefined ? undefined : obstacleIn(result, { of, run, id: current.id })
    if (run === undefined || obstacle === undefined) {
      const renumberedFrom = current.id === sealed.id ? null : sealed.id
      return { ...current, renumberedFrom, remote: result.remote, bytesSent, merged }
    }
    if (obstacle === 'alias') {
      current = await sealRun(parts, of, run)
      merged = true
    } else {
      const id = await settleNumber(parts, of, run, obstacle === 'label')
      await relabel(parts, `${of.artifact}@${current.version}`, labelOfId(id))
      current = { ...current, id }
    }
  }
  throw new MlstoreError('ALIAS_MOVED', `Others keep changing ${current.id} on ${remote}.`, {
    hint: `Nothing is lost: \`mlstore push ${remote} ${of.artifact}\` when they are done.`,
  })
}

/** The version and those before it, so that the remote knows the whole line. */
function referencesOf(
  parts: StoreParts,
  { artifact }: ModelParts,
  { id, version }: SealedModelVersion,
): string[] {
  const row = parts.catalog.versions.get(version)
  const line = (row && successorsOf(parts, artifact, id)?.lineOf(row)) ?? []
  const before = line.filter((one) => one.id !== version && !one.isRemoved)
  return [...before.map((one) => one.id), version].map((digest) => `${artifact}@${digest}`)
}

/** What kept the version from having its name on the remote. */
function obstacleIn(
  { renumbered, conflicts }: PushResult,
  { of, run, id }: { readonly of: ModelParts; readonly run: string; readonly id: string },
): 'number' | 'label' | 'alias' | undefined {
  if (renumbered.some(({ subject }) => subject === `run:${run}`)) return 'number'
  const ours = conflicts.filter(({ artifact, name }) => {
    return artifact === of.artifact && name === labelOfId(id)
  })
  if (ours.some(({ kind }) => kind === 'label')) return 'label'
  return ours.length > 0 ? 'alias' : undefined
}
