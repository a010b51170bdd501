/**
 * A remote's log and several clients that change things, fetch and push, step by step.
 *
 *   client 0   add  move           push ──┐ lost
 *   client 1        move  push ─> slot n  └> fetch, rebase ─> slot n+1
 *
 * Everything that is written goes through bytes. A step names its parts by small numbers, so that
 * random sequences meet often, and shrink well.
 */

import assert from 'node:assert/strict'
import * as fc from 'fast-check'

import { digestOf } from '../../../src/core/digest.ts'
import type { LoggedEvent } from '../../../src/core/events/bulk-event.ts'
import type { AliasMove, Event, LabelClaim, VersionAdd } from '../../../src/core/events/event.ts'
import type { JournalPayload } from '../../../src/core/events/journal-record.ts'
import {
  advanceHead,
  decodeEntry,
  encodeEntry,
  type LogHead,
  type RemotePack,
} from '../../../src/core/log/entry.ts'
import { groupChanges } from '../../../src/core/log/change-group.ts'
import { MemoryView } from '../../../src/core/log/memory-view.ts'
import { rebase, type Rebased } from '../../../src/core/log/rebase.ts'
import { splitIntoEntries } from '../../../src/core/log/split.ts'
import { RunWriter } from '../events/run-samples.ts'
import {
  entryOf,
  formatHash,
  idOf,
  locationOf,
  packOf,
  recordOf,
  repoId,
  Writer,
} from '../events/samples.ts'

export const artifacts = ['model/a', 'dataset/b'] as const
export const aliases = ['prod', 'stage'] as const
export const labels = ['v1', 'v2', 'v3'] as const
export const series = 'TES'
/** Seeds of the ids of experiments and runs, which clients share as if they had resumed them. */
export const experiments = ['e1', 'e2'] as const
export const runs = ['r1', 'r2', 'r3'] as const

export type Step = {
  readonly client: number
  readonly kind: (typeof kinds)[number]
  readonly artifact: number
  readonly name: number
  readonly version: number
}

const kinds = [
  'add',
  'add generated',
  'move',
  'unset',
  'tag',
  'remove',
  'restore',
  'relabel',
  'make experiment',
  'start run',
  'log',
  'remove run',
  'number a version',
  'number a run',
  'fetch',
  'push',
  'push against a rival',
] as const

/** @param clients How many there are. */
export function steps(clients: number, maxLength = 60): fc.Arbitrary<Step[]> {
  const step = fc.record({
    client: fc.nat({ max: clients - 1 }),
    kind: fc.constantFrom(...kinds),
    artifact: fc.nat({ max: artifacts.length - 1 }),
    name: fc.nat({ max: 5 }),
    version: fc.nat({ max: 7 }),
  })
  return fc.array(step, { maxLength, size: 'max' })
}

export class World {
  readonly slots: Buffer[] = []
  readonly clients: Client[]

  constructor(
    clients: number,
    listen: (client: number) => (payload: JournalPayload) => void = () => () => undefined,
  ) {
    this.clients = Array.from({ length: clients }, (_, i) => new Client(this, i, listen(i)))
  }

  run(sequence: readonly Step[]): void {
    for (const step of sequence) this.client(step.client).take(step)
  }

  client(index: number): Client {
    const client = this.clients[index % this.clients.length]
    assert.ok(client)
    return client
  }

  /** Every event of the log. */
  events(): LoggedEvent[] {
    return this.slots.flatMap((bytes) => decodeEntry(bytes, 'slot').events)
  }
}

export class Client {
  readonly index: number
  readonly writer: Writer
  readonly view: MemoryView = new MemoryView()
  readonly made: Event[] = []
  pending: Event[] = []
  head: LogHead = { repoId, seq: 0, hash: formatHash }
  readonly #world: World
  readonly #listen: (payload: JournalPayload) => void
  readonly #versions: VersionAdd[] = []
  readonly #claims: LabelClaim[] = []
  readonly #moves: AliasMove[] = []
  readonly #removals: { readonly version: string; readonly id: string }[] = []
  readonly #runWriter: RunWriter
  #lastNumber = 0

  constructor(world: World, index: number, listen: (payload: JournalPayload) => void) {
    this.#world = world
    this.index = index
    this.#listen = listen
    this.writer = new Writer(`client ${index}`)
    this.#runWriter = new RunWriter(`runs of client ${index}`)
    listen({ kind: 'remote', name: 'origin', url: 'file:///r', repoId, format: formatHash })
  }

  take(step: Step): void {
    const artifact = artifacts[step.artifact] ?? artifacts[0]
    const version = this.#versions[step.version % Math.max(1, this.#versions.length)]
    const alias = aliases[step.name % aliases.length] ?? aliases[0]
    const label = labels[step.name % labels.length] ?? labels[0]
    const experiment = experiments[step.name % experiments.length] ?? experiments[0]
    const run = runs[step.version % runs.length] ?? runs[0]
    const ifAny = (act: (version: VersionAdd) => void) => () => {
      if (version !== undefined) act(version)
    }
    const acts: Readonly<Record<Step['kind'], () => void>> = {
      add: () => this.#add(artifact, label, false),
      'add generated': () => this.#add(artifact, '2026-11-21-04-44-50', true),
      move: ifAny((added) => this.#move(added.record.artifact, alias, added)),
      unset: () => this.#move(artifact, alias, undefined),
      tag: ifAny(({ version: id }) =>
        this.#make(this.writer.tag(`version:${id}`, 'k', `${step.name}`)),
      ),
      remove: ifAny(({ version: id }) => this.#make(this.writer.remove(id))),
      restore: ifAny((added) => this.#restore(added)),
      relabel: ifAny((added) => this.#relabel(added, label)),
      'make experiment': () => this.#say((w) => w.createExperiment(experiment, experiment)),
      'start run': () => this.#say((w) => w.start(run, { experiment: idOf(experiment) })),
      log: () => this.#say((w) => w.metrics(run, { loss: [{ value: step.name }] })),
      'remove run': () => this.#say((w) => w.remove(run)),
      'number a version': ifAny(({ version: id }) => this.#number(`version:${id}`)),
      'number a run': () => this.#number(`run:${idOf(run)}`),
      fetch: () => this.fetch(),
      push: () => this.push(),
      'push against a rival': () => this.push(this.#world.client(this.index + 1)),
    }
    acts[step.kind]()
  }

  fetch(): void {
    for (const bytes of this.#world.slots.slice(this.head.seq)) this.#read(bytes)
    this.pending = this.pending.filter((event) => !this.view.hasEvent(event.id))
  }

  /** @param rival Pushes right before the first claim of a slot. */
  push(rival?: Client): void {
    this.fetch()
    let prepared = this.prepare()
    rival?.push()
    while (prepared.events.length > 0) {
      const [content] = splitIntoEntries(prepared, 4000)
      assert.ok(content)
      const seq = this.head.seq + 1
      const bytes = encodeEntry(entryOf({ ...content, seq, prev: this.head.hash }))
      if (this.#world.slots.length === this.head.seq) {
        this.#world.slots.push(bytes)
        this.#read(
          bytes,
          groupChanges(prepared.events).map((group) => group.last),
        )
      }
      this.fetch()
      prepared = this.prepare()
    }
  }

  /** What a push would send now, after the numbers that were taken got others. */
  prepare(): Rebased {
    const rebased = this.#rebase()
    const renumbered = new Set(
      this.pending.map((event) => event.type === 'number.claim' && event.over),
    )
    const taken = rebased.taken.filter(({ claim }) => !renumbered.has(claim.id))
    for (const { claim, free } of taken) {
      this.#say((writer) => writer.number(claim.series, free, claim.subject, claim))
    }
    return taken.length === 0 ? rebased : this.prepare()
  }

  #rebase(): Rebased {
    const added = this.pending.flatMap((event) => (event.type === 'version.add' ? [event] : []))
    const packs: RemotePack[] = added.map((event) => packOf(event.version))
    const versions = added.map((event) => locationOf(event.version, packOf(event.version)))
    const rebased = rebase({ events: this.pending, packs, versions }, this.view)
    assert.deepEqual(rebased.lostPacks, [])
    const sent = new Set(rebased.events)
    const wanted = new Set(
      rebased.events.flatMap((e) => (e.type === 'version.add' ? [e.version] : [])),
    )
    const own = new Set([...wanted].map((version) => packOf(version).id))
    assert.equal(sent.size, rebased.events.length)
    return {
      ...rebased,
      packs: rebased.packs.filter((pack) => own.has(pack.id)),
      versions: rebased.versions.filter(({ version }) => wanted.has(version)),
    }
  }

  /** @param promised Own events of this entry that must take effect. */
  #read(bytes: Buffer, promised: readonly Event[] = []): void {
    const entry = decodeEntry(bytes, 'slot')
    this.head = advanceHead(this.head, entry, bytes)
    this.#listen({ kind: 'entry', remote: repoId, seq: entry.seq, bytes: bytes.toString() })
    const verdicts = this.view.applyEntry(entry)
    for (const [i, event] of entry.events.entries()) {
      const verdict = verdicts[i]
      const isPromised = promised.some((own) => own.id === event.id)
      if (isPromised && verdict?.applied === false) assert.equal(verdict.reason, 'redundant')
      this.#know(event)
    }
    const highest = Math.max(...entry.events.map((event) => event.lamport))
    for (const { stamps } of [this.writer, this.#runWriter]) {
      stamps.lamport = Math.max(stamps.lamport, highest)
    }
  }

  #say(make: (writer: RunWriter) => Event): void {
    this.#make(make(this.#runWriter))
  }

  /** The next number, as far as this client knows. */
  #number(subject: string): void {
    const number = Math.max(this.#lastNumber, this.view.lastNumber(series)) + 1
    this.#say((writer) => writer.number(series, number, subject))
  }

  #make(...events: readonly Event[]): void {
    for (const event of events) {
      this.made.push(event)
      this.pending.push(event)
      this.#know(event)
    }
    this.#listen({ kind: 'events', events })
  }

  #know(event: LoggedEvent): void {
    const isNew = (known: readonly LoggedEvent[]): boolean =>
      !known.some(({ id }) => id === event.id)
    if (event.type === 'version.add' && isNew(this.#versions)) this.#versions.push(event)
    if (event.type === 'label.claim' && isNew(this.#claims)) this.#claims.push(event)
    if (event.type === 'alias.move' && isNew(this.#moves)) this.#moves.push(event)
    if (event.type === 'version.remove') this.#removals.push(event)
    if (event.type === 'number.claim') this.#lastNumber = Math.max(this.#lastNumber, event.number)
  }

  #add(artifact: string, label: string, generated: boolean): void {
    const added = this.writer.add(recordOf(artifact, `${this.index} ${this.made.length}`))
    const isTaken = this.pending.some(
      (event) =>
        event.type === 'label.claim' && event.label === label && event.artifact === artifact,
    )
    const claims = isTaken && !generated ? [] : [this.writer.claim(added, label, { generated })]
    this.#make(added, ...claims)
  }

  #move(artifact: string, alias: string, to: VersionAdd | undefined): void {
    const own = this.pending.filter(
      (event) =>
        event.type === 'alias.move' && event.artifact === artifact && event.alias === alias,
    )
    const head = this.view.aliasHead(artifact, alias)
    const over = [...own.slice(-1).map((event) => event.id), ...(head ? [head.event] : [])]
    this.#make(this.writer.moveTo(artifact, alias, to?.version ?? null, over))
  }

  #restore(version: VersionAdd): void {
    const removal = this.#removals.findLast((event) => event.version === version.version)
    if (removal !== undefined) this.#make(this.writer.restore(version.version, removal.id))
  }

  #relabel(version: VersionAdd, label: string): void {
    const old = this.#claims.findLast((claim) => claim.version === version.version)
    this.#make(this.writer.claim(version, label, old === undefined ? {} : { over: old.id }))
  }
}

/** A view made of nothing but the log's bytes. */
export function replay(slots: readonly Buffer[]): MemoryView {
  const view = new MemoryView()
  for (const bytes of slots) view.applyEntry(decodeEntry(bytes, `slot ${digestOf(bytes)}`))
  return view
}
