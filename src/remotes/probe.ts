/**
 * Finds out what a remote can really do, before anybody trusts it with a shared log.
 *
 * Stores that ignore `If-None-Match`, or check it and write in two steps, lose commits without a
 * word, and a single conditional write does not tell them from good ones. So 16 writers race for
 * one key, twice: the first round also opens the connections, which would otherwise bring the
 * writers in one after the other. A passed probe speaks for the common path only, not for what
 * the store does when one of its own machines fails.
 */

import { isMlstoreError } from '../errors.ts'
import type { Clock, IdSource } from '../ports/clock.ts'
import type { Capabilities, CreateOutcome, Remote, RequestOptions } from '../ports/remote.ts'
import { unavailable } from './failures.ts'

const writers = 16
const rounds = 2

/** Large enough that a store which checks before it has the whole body lets two writers in. */
const bodyBytes = 64 * 1024

export type ProbeParts = {
  readonly clock: Pick<Clock, 'now'>
  readonly ids: Pick<IdSource, 'id'>
}

/**
 * Probes a remote and cleans up after itself.
 *
 * A missing ability is reported, not thrown.
 *
 * @throws {MlstoreError} What the remote says when it cannot be reached or written to at all.
 */
export async function probeRemote(
  remote: Remote,
  parts: ProbeParts,
  options: RequestOptions = {},
): Promise<Capabilities> {
  const probe: Probe = { remote, prefix: `probe/${parts.ids.id()}`, options, problems: [] }
  const keys: string[] = []
  try {
    const conditionalCreate = await probeCreates(probe, keys)
    const key = keys[0] ?? `${probe.prefix}/0`
    // Where conditional writes are refused nothing was written yet.
    if ((await remote.get(key, options)) === undefined) await remote.put(key, body(0), options)
    const list = await probeList(probe, key)
    const range = await probeRange(probe, key)
    const checkedAt = parts.clock.now().toISOString()
    // Cleaning up may still add to the problems.
    return { conditionalCreate, list, range, checkedAt, problems: probe.problems }
  } finally {
    await cleanUp(probe, keys)
  }
}

type Probe = {
  readonly remote: Remote
  readonly prefix: string
  readonly options: RequestOptions
  readonly problems: string[]
}

async function probeCreates(probe: Probe, keys: string[]): Promise<boolean> {
  for (let round = 0; round < rounds; round++) {
    const key = `${probe.prefix}/${round}`
    keys.push(key)
    const problem = await raceFor(probe, key)
    if (problem === undefined) continue
    probe.problems.push(problem)
    return false
  }
  return true
}

/** Returns what is wrong with conditional writes, or nothing. */
async function raceFor(probe: Probe, key: string): Promise<string | undefined> {
  const { remote, options } = probe
  const bodies = Array.from({ length: writers }, (_, index) => body(index))
  const outcomes = await settled(bodies.map((bytes) => remote.create(key, bytes, options)))
  if (outcomes === 'unsupported') return 'Conditional writes (If-None-Match) are not supported.'
  const wins = outcomes.filter((outcome) => outcome === 'created').length
  if (wins > 1) {
    return `Conditional writes are not safe: ${wins} of ${writers} concurrent writers of one key were told that they won.`
  }
  if (wins === 0) return noWinner(outcomes)
  const winner = bodies[outcomes.indexOf('created')]
  if (!isSame(await remote.get(key, options), winner)) {
    return 'Conditional writes are not safe: the bytes of the winner are not the ones that are read back.'
  }
  const second = await remote.create(key, body(writers), options)
  if (second === 'created' || !isSame(await remote.get(key, options), winner)) {
    return 'Conditional writes are ignored: a second write replaced the first.'
  }
  return undefined
}

/** Nobody won. Where answers were lost that says nothing about the remote, so it is an error. */
function noWinner(outcomes: readonly CreateOutcome[]): string {
  const lost = outcomes.filter((outcome) => outcome === 'unknown').length
  if (lost === 0)
    return 'Conditional writes do not work: every writer of a new key was told that it exists.'
  throw unavailable(`${lost} of ${writers} probing writes got no clear answer, and none won.`, {
    hint: 'Run `mlstore remote doctor` again when the remote is less busy.',
  })
}

/** The outcomes, or `unsupported` if the remote says so. Every request has ended by then. */
async function settled(
  requests: readonly Promise<CreateOutcome>[],
): Promise<readonly CreateOutcome[] | 'unsupported'> {
  const results = await Promise.allSettled(requests)
  const failures = results.filter((result) => result.status === 'rejected')
  const isUnsupported = failures.some((result) =>
    isMlstoreError(result.reason, 'REMOTE_UNSUPPORTED'),
  )
  return isUnsupported ? 'unsupported' : Promise.all(requests)
}

async function probeList(probe: Probe, key: string): Promise<boolean> {
  try {
    for await (const object of probe.remote.list(probe.prefix, probe.options)) {
      if (object.key === key) return true
    }
    probe.problems.push('Listing does not show an object right after it was written.')
  } catch (error) {
    if (!isAnswer(error)) throw error
    probe.problems.push(`Listing does not work: ${error.message}`)
  }
  return false
}

async function probeRange(probe: Probe, key: string): Promise<boolean> {
  const { remote, options } = probe
  const whole = await remote.get(key, options)
  const range = { start: 1000, end: 3001 }
  try {
    const part = await remote.get(key, { ...options, range })
    if (isSame(part, whole?.subarray(range.start, range.end))) return true
    probe.problems.push('A read of a byte range gives other bytes.')
  } catch (error) {
    if (!isAnswer(error)) throw error
    probe.problems.push(`Byte ranges do not work: ${error.message}`)
  }
  return false
}

/** Whether the remote answered, so that the failure is a finding and not a bad connection. */
function isAnswer(error: unknown): error is Error {
  return isMlstoreError(error, 'REMOTE_REFUSED') || isMlstoreError(error, 'REMOTE_UNSUPPORTED')
}

/** Deleting is needed by `remote gc` alone; where it is not allowed the probe's objects stay. */
async function cleanUp(probe: Probe, keys: readonly string[]): Promise<void> {
  const { remote, problems } = probe
  for (const key of keys) {
    try {
      await remote.delete(key)
      if ((await remote.get(key)) === undefined) continue
      problems.push(`Deleting does not work: ${key} is still there after it was deleted.`)
    } catch (error) {
      if (!isMlstoreError(error)) throw error
      problems.push(`Deleting does not work, ${key} stays: ${error.message}`)
      return
    }
  }
}

/** Bytes that differ from writer to writer everywhere, not only at the start. */
function body(writer: number): Uint8Array {
  return new Uint8Array(bodyBytes).map((_, index) => (index * 31 + (writer + 1) * 97) % 251)
}

function isSame(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  return a !== undefined && b !== undefined && Buffer.compare(a, b) === 0
}
