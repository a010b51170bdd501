/**
 * Starting runs, and going on with them.
 *
 * The run is durable when `startRun` resolves; what takes longer to find out, the state of the
 * code above all, is found out while it goes on and added to it.
 */

import assert from 'node:assert/strict'

import type { JsonObject } from '../../core/canonical-json.ts'
import type { EventFields } from '../../core/events/event.ts'
import { parseKey, parseTagKey } from '../../core/names.ts'
import { fitValue, paramText, valueCharactersMax } from '../../core/runs/long-value.ts'
import { paramFields } from '../../core/runs/param-fields.ts'
import { generateRunName } from '../../core/runs/run-name.ts'
import { invalidArgument, isMlstoreError } from '../../errors.ts'
import { appendEvents } from '../append-events.ts'
import type { StoreParts } from '../parts.ts'
import { ambientRun } from './ambient-run.ts'
import { addCodeState, contextOf } from './context.ts'
import { ensureExperiment } from './experiments.ts'
import type { LoggingOptions, StartRunRequest } from './requests.ts'
import { resolveRun } from './resolve-run.ts'
import { Run } from './run.ts'

const defaultExperiment = 'default'

/** Starts a run, or goes on with one as its owner. */
export async function startRun(parts: StoreParts, request: StartRunRequest): Promise<Run> {
  const { params = {}, tags = {} } = request
  for (const key of Object.keys(params)) parseKey('param', key)
  for (const key of Object.keys(tags)) parseTagKey(key)
  const id = request.resume === undefined ? await begin(parts, request) : await goOn(parts, request)
  const { detached = false, code = true } = request
  const facts = code ? (it: Run): Promise<void> => addCodeState(parts, it) : undefined
  const run = open(parts, id, { ...request, endsWithScope: !detached, facts })
  run.logParams(params)
  run.tag(request.resume === undefined ? longOnes(tags) : tags)
  // Whoever started a run for others may be gone the next moment.
  if (detached) await run.flush()
  return run
}

/** Logs into a run as it is, next to whoever else does; leaving it does not end it. */
export async function resumeRun(
  parts: StoreParts,
  which: string,
  options: LoggingOptions = {},
): Promise<Run> {
  await Promise.resolve()
  return open(parts, resolveRun(parts, which).id, { ...options, endsWithScope: false })
}

/**
 * Runs `work` within a run: FINISHED when it returns, FAILED when it throws, KILLED when it was
 * interrupted. What it throws goes on to the caller.
 */
export async function withRun<Result>(
  parts: StoreParts,
  request: StartRunRequest,
  work: (run: Run) => Result | Promise<Result>,
): Promise<Result> {
  const run = await startRun(parts, request)
  let result: Result
  try {
    result = await work(run)
  } catch (error) {
    // The reason is what the caller must learn, also if the run cannot even be ended.
    await run.end(isMlstoreError(error, 'INTERRUPTED') ? 'KILLED' : 'FAILED').catch(() => undefined)
    throw error
  }
  await run.end('FINISHED')
  return result
}

async function begin(parts: StoreParts, request: StartRunRequest): Promise<string> {
  const { experiment = defaultExperiment, detached = false } = request
  const run = parts.ids.id()
  const name = request.name ?? generateRunName(() => parts.ids.random())
  parseKey('run', name)
  const parent = parentOf(parts, request)
  const context = contextOf(parts, { source: request.source, detached })
  const said = sayings(run, request)
  await appendEvents(parts, () => {
    const { id, events } = ensureExperiment(parts, experiment)
    const startedAt = parts.clock.now().toISOString()
    const start: EventFields = {
      type: 'run.start',
      run,
      experiment: id,
      name,
      startedAt,
      context,
      ...(parent === undefined ? {} : { parent }),
    }
    return [...events, start, ...said]
  })
  return run
}

/** Of those only the files are missing. */
function longOnes(tags: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const entries = Object.entries(tags).filter(([, text]) => text.length > valueCharactersMax)
  return Object.fromEntries(entries)
}

/** Params and tags are durable with the start; the files of long ones follow. */
function sayings(run: string, { params = {}, tags = {} }: StartRunRequest): EventFields[] {
  const values = new Map(
    Object.entries(params).map(([key, value]) => {
      return [key, fitValue('params', key, paramText(key, value)).value]
    }),
  )
  const tagsToSet = Object.entries(tags).map(([key, text]): EventFields => {
    return { type: 'tag.set', target: `run:${run}`, key, value: fitValue('tags', key, text).value }
  })
  return [...paramFields(run, values), ...tagsToSet]
}

function parentOf(parts: StoreParts, { parent }: StartRunRequest): string | undefined {
  return parent === undefined ? ambientRun(parts) : resolveRun(parts, parent).id
}

/** The run is this process's from now on. */
async function goOn(parts: StoreParts, request: StartRunRequest): Promise<string> {
  const { resume = '', experiment, parent, name, detached = false } = request
  const { id, experimentName, removed } = resolveRun(parts, resume)
  if (removed)
    throw invalidArgument(`Run ${resume} was removed.`, '`mlstore run restore` it first.')
  if (experiment !== undefined && experiment !== experimentName) {
    throw invalidArgument(
      `Run ${resume} belongs to the experiment ${experimentName}, not to ${experiment}.`,
    )
  }
  if (parent !== undefined) throw invalidArgument('A run that is resumed keeps its parent.')
  const context: JsonObject = contextOf(parts, { source: request.source, detached })
  await appendEvents(parts, () => [
    {
      type: 'run.update',
      run: id,
      status: 'RUNNING',
      endedAt: null,
      context,
      ...(name === undefined ? {} : { name }),
    },
  ])
  return id
}

function open(parts: StoreParts, id: string, options: ConstructorParameters<typeof Run>[2]): Run {
  const row = parts.catalog.runs.get(id)
  assert(row !== undefined, 'the run has started')
  return new Run(parts, row, options)
}
