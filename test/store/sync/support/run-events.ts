/**
 * Events about runs, written into somebody's store as a program that logs would write them.
 *
 * Below the library's runs, so that these tests say exactly which events there are.
 */

import { randomBytes } from 'node:crypto'
import { join } from 'node:path'

import type { Catalog } from '../../../../src/catalog/catalog.ts'
import type { Event, EventFields } from '../../../../src/core/events/event.ts'
import type { MetricPoint } from '../../../../src/core/runs/metric-points.ts'
import { NodeFileSystem } from '../../../../src/objects/node-file-system.ts'
import { silentProgress } from '../../../../src/ports/progress.ts'
import { appendEvents } from '../../../../src/store/append-events.ts'
import { OpenedParts } from '../../../../src/store/opened-parts.ts'
import { at } from '../../../core/events/samples.ts'
import { textOf } from '../../../core/events/run-samples.ts'
import type { Person, World } from './world.ts'

export function newId(): string {
  return randomBytes(16).toString('hex')
}

/** `count` points that no compressor shrinks much. */
export function points(count: number): MetricPoint[] {
  return Array.from({ length: count }, (_, step) => ({
    value: Math.sin(step * 1.7) * 1000,
    step,
    time: 1_700_000_000_000 + step,
  }))
}

/** A second handle on a person's store. */
export class RunEvents implements Disposable {
  readonly #parts: OpenedParts

  constructor(world: World, { folder, user }: Person) {
    const environment = world.environment(folder, user)
    this.#parts = new OpenedParts({
      fs: new NodeFileSystem(),
      directory: join(folder, '.mlstore'),
      environment,
      cwd: folder,
      progress: silentProgress,
      openRemote: () => Promise.reject(new TypeError('these events go nowhere')),
      openExternal: () => Promise.reject(new TypeError('these events come from nowhere')),
    })
  }

  /** What the store knows now. */
  get catalog(): Catalog {
    this.#parts.catchUp()
    return this.#parts.catalog
  }

  async say(...fields: readonly EventFields[]): Promise<Event[]> {
    return appendEvents(this.#parts, () => fields)
  }

  /** Makes an experiment and a run in it; returns the run's id. */
  async start(experiment: string, name: string, more: StartMore = {}): Promise<string> {
    const run = newId()
    const id = more.experimentId ?? newId()
    await this.say(
      ...(more.experimentId === undefined
        ? [{ type: 'experiment.create', experiment: id, name: experiment } as const]
        : []),
      { type: 'run.start', run, experiment: id, name, startedAt: at, context: {} },
      { type: 'run.params', run, params: { [`param-of-${name}`]: 'x' } },
    )
    return run
  }

  log(run: string, key: string, values: readonly Partial<MetricPoint>[]): Promise<Event[]> {
    return this.say({ type: 'run.metrics', run, series: [{ key, points: textOf(values) }] })
  }

  end(run: string): Promise<Event[]> {
    return this.say({ type: 'run.update', run, status: 'FINISHED', endedAt: at })
  }

  [Symbol.dispose](): void {
    this.#parts.close()
  }
}

type StartMore = { readonly experimentId?: string }
