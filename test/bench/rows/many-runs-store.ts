/**
 * A store of 100,000 runs with 20 params and 20 metrics each, as the library logs them.
 *
 * The events are written straight into the journal: starting so many runs one by one would wait
 * for the disk 100,000 times. The catalog is then built from it, as after a pull.
 */

import { createHash } from 'node:crypto'
import { appendFileSync, existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import type { Event } from '../../../src/core/events/event.ts'
import { encodeJournalPayload } from '../../../src/core/events/journal-record.ts'
import { newEvent } from '../../../src/core/events/new-event.ts'
import type { RunEventFields } from '../../../src/core/events/run-event.ts'
import { encodePoints } from '../../../src/core/runs/metric-points.ts'
import { journalHeader, journalPath } from '../../../src/objects/journal.ts'
import { encodeAppend } from '../../../src/objects/journal-frame.ts'
import { initStore, openStore } from '../../../src/store/open.ts'
import { between, seededNumbers } from '../../support/seeded-data.ts'
import type { BenchPlace } from '../place.ts'

const runs = 100_000
const keysOfRun = 20
const runsPerRecord = 500
const recordsPerFile = 40
const firstStart = Date.parse('2026-11-21T04:44:50.123Z')
const experiment = idOf('experiment')
const optimizers = ['adam', 'adamw', 'lion', 'sgd'] as const

/** The folder that the store is in. */
export function manyRunsStore(place: BenchPlace): Promise<string> {
  return place.shared('many-runs', async (folder) => {
    await initStore(folder)
    const journal = join(folder, '.mlstore', 'journal')
    mkdirSync(journal, { recursive: true })
    writeJournal(journal, place.scaled(runs))
    await using store = await openStore({ storeDirectory: folder })
    await store.reindex()
  })
}

function writeJournal(folder: string, count: number): void {
  const story = new Story()
  writeRecord(folder, 0, [story.experiment()])
  for (let first = 0, record = 1; first < count; first += runsPerRecord, record++) {
    const numbers = Array.from({ length: Math.min(runsPerRecord, count - first) }, (_, i) => i)
    const events = numbers.flatMap((i) => story.run(first + i))
    writeRecord(folder, record, events)
  }
}

function writeRecord(folder: string, record: number, events: readonly Event[]): void {
  const path = journalPath(folder, 1 + Math.floor(record / recordsPerFile))
  if (!existsSync(path)) writeFileSync(path, journalHeader)
  appendFileSync(path, encodeAppend([encodeJournalPayload({ kind: 'events', events })]))
}

/** What happens, one event after the other; the same every time. */
class Story {
  readonly #random = seededNumbers('runs')
  #lamport = 0

  experiment(): Event {
    return this.#say({ type: 'experiment.create', experiment, name: 'digits' })
  }

  run(number: number): Event[] {
    const run = idOf(`run ${number}`)
    const start = firstStart + number * 1000
    const name = `brave-otter-${number}`
    const endedAt = textOf(start + 900)
    return [
      this.#say({ type: 'run.start', run, experiment, name, startedAt: textOf(start), context }),
      this.#say({ type: 'run.params', run, params: this.#params() }),
      this.#say({ type: 'run.metrics', run, series: this.#metrics(start) }),
      this.#say({ type: 'run.update', run, status: 'FINISHED', endedAt }),
    ]
  }

  #params(): Record<string, string> {
    const optimizer = optimizers[between(this.#random, 0, optimizers.length - 1)] ?? 'sgd'
    const others = Array.from({ length: keysOfRun - 1 }, (_, i) => {
      return [`param_${i}`, String(between(this.#random, 0, 1e6) / 1e4)] as const
    })
    return { optimizer, ...Object.fromEntries(others) }
  }

  #metrics(time: number): { readonly key: string; readonly points: string }[] {
    return Array.from({ length: keysOfRun }, (_, i) => ({
      key: i === 0 ? 'acc' : `metric_${i}`,
      points: encodePoints([{ value: this.#random(), step: 10, time }]).toString('base64'),
    }))
  }

  #say(fields: RunEventFields): Event {
    this.#lamport += 1
    const lamport = this.#lamport
    const id = idOf(`event ${lamport}`)
    return newEvent(fields, { id, lamport, at: textOf(firstStart), by: 'anna' })
  }
}

/** What the library says of a script in a git repository. */
const context = {
  source: { kind: 'script', name: 'train.py', command: ['python', 'train.py', '--lr', '0.1'] },
  git: {
    commit: '9fad94b0c3f6a7d3b5f8c1e2d4a6b8c0d2e4f6a8',
    branch: 'main',
    dirty: false,
    remote: 'https://git.example/team/digits.git',
  },
  environment: {
    node: 'v20.20.2',
    os: 'Linux 6.1.0-38-amd64',
    arch: 'x64',
    cpu: 'AMD EPYC 7763 64-Core Processor',
    cpus: 16,
    memoryBytes: 64 * 1024 ** 3,
  },
  process: { host: 'trainer-17', pid: 4242, started: '2026-11-21T04:44:50.123Z' },
}

function textOf(time: number): string {
  return new Date(time).toISOString()
}

function idOf(seed: string): string {
  return createHash('sha256').update(seed).digest('hex').slice(0, 32)
}
