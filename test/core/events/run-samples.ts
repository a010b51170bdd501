/** Small, valid events about experiments and runs, of one writer. */

import type { Digest } from '../../../src/core/digest.ts'
import type { Event } from '../../../src/core/events/event.ts'
import { newEvent } from '../../../src/core/events/new-event.ts'
import type {
  RunEventFields,
  RunFileChange,
  RunUpdateFields,
} from '../../../src/core/events/run-event.ts'
import { encodePoints, type MetricPoint } from '../../../src/core/runs/metric-points.ts'
import { at, idOf, Stamps } from './samples.ts'

export class RunWriter {
  readonly stamps: Stamps

  constructor(name = 'anna') {
    this.stamps = new Stamps(name)
  }

  say(fields: RunEventFields): Event {
    return newEvent(fields, this.stamps.next())
  }

  createExperiment(seed: string | number, name: string): Event {
    return this.say({ type: 'experiment.create', experiment: idOf(seed), name })
  }

  start(
    seed: string | number,
    more: Partial<Omit<Extract<RunEventFields, { type: 'run.start' }>, 'type' | 'run'>> = {},
  ): Event {
    return this.say({
      type: 'run.start',
      run: idOf(seed),
      experiment: idOf('experiment'),
      name: `run ${seed}`,
      startedAt: at,
      context: {},
      ...more,
    })
  }

  update(seed: string | number, fields: Omit<RunUpdateFields, 'type' | 'run'>): Event {
    return this.say({ type: 'run.update', run: idOf(seed), ...fields })
  }

  params(seed: string | number, params: Readonly<Record<string, string>>): Event {
    return this.say({ type: 'run.params', run: idOf(seed), params })
  }

  metrics(
    seed: string | number,
    series: Readonly<Record<string, readonly Partial<MetricPoint>[]>>,
  ): Event {
    return this.say({
      type: 'run.metrics',
      run: idOf(seed),
      series: Object.entries(series).map(([key, points]) => ({ key, points: textOf(points) })),
    })
  }

  files(seed: string | number, ...files: readonly RunFileChange[]): Event {
    return this.say({ type: 'run.files', run: idOf(seed), files })
  }

  link(
    seed: string | number,
    direction: 'input' | 'output',
    version: Digest,
    role = 'data',
  ): Event {
    return this.say({ type: 'run.link', run: idOf(seed), direction, version, role })
  }

  remove(seed: string | number): Event {
    return this.say({ type: 'run.remove', run: idOf(seed), reason: 'wrong data' })
  }

  restore(seed: string | number, over: Event): Event {
    return this.say({ type: 'run.restore', run: idOf(seed), over: over.id })
  }

  number(series: string, number: number, subject: string, over?: Event): Event {
    return this.say({
      type: 'number.claim',
      series,
      number,
      subject,
      ...(over === undefined ? {} : { over: over.id }),
    })
  }
}

/** Points as an event has them; what is not given is 0. */
export function textOf(points: readonly Partial<MetricPoint>[]): string {
  const whole = points.map(({ value = 0, step = 0, time = 0 }) => ({ value, step, time }))
  return encodePoints(whole).toString('base64')
}
