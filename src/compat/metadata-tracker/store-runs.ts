/**
 * StoreRuns: the runs of a store, for its metadata tracker.
 *
 * Tags of runs are text. A value that is no text is kept as its JSON; a text that would be read as
 * JSON has a tag beside it that says so, so that it comes back as the text it was and a query still
 * finds it as it was written.
 */

import { stat } from 'node:fs/promises'

import type { JsonObject, JsonValue } from '../../core/canonical-json.ts'
import { parseQuery } from '../../core/query/parse.ts'
import { fitValue, valueCharactersMax } from '../../core/runs/long-value.ts'
import { invalidArgument, notFound } from '../../errors.ts'
import type { ParamValue } from '../../store/runs/requests.ts'
import type { Run } from '../../store/runs/run.ts'
import type { StoreApi } from '../../store/store.ts'
import type { StoreAccess } from '../store-access.ts'
import type { TrackedRun } from './metadata-tracker.ts'
import { yes } from './resource-versions.ts'
import { writeRunFiles } from './run-file-copies.ts'
import type { RunSearch, TrackedRuns } from './tracked-runs.ts'

/** Whatever stands behind it is the key of a tag whose value is text although it could be JSON. */
const textMark = 'mlstore.text.'

export class StoreRuns implements TrackedRuns {
  readonly #access: StoreAccess
  readonly #experiment: string
  /** Started here, and going on. */
  readonly #open = new Map<string, Run>()

  constructor(access: StoreAccess, experiment: string) {
    this.#access = access
    this.#experiment = experiment
  }

  get url(): string {
    return this.#access.url
  }

  async start(parent?: TrackedRun): Promise<TrackedRun> {
    const store = await this.#access.open()
    const run = await store.startRun(
      parent === undefined
        ? { experiment: this.#experiment, tags: { parent_run: yes } }
        : { experiment: await this.#experimentOf(store, parent), parent: parent.id },
    )
    this.#open.set(run.id, run)
    return { id: run.id, name: run.name }
  }

  async reopen({ id }: TrackedRun): Promise<void> {
    const store = await this.#access.open()
    this.#open.set(id, await store.startRun({ resume: id }))
  }

  async end({ id }: TrackedRun): Promise<void> {
    const store = await this.#access.open()
    const run = this.#open.get(id)
    const { status } = await store.showRun(id)
    // Somebody else may have ended it, and said how.
    if (status === 'RUNNING') await (run ?? (await store.resumeRun(id))).end()
    else await run?.flush()
    this.#open.delete(id)
  }

  async get(id: string): Promise<TrackedRun> {
    const { run, name } = await (await this.#access.open()).showRun(id)
    return { id: run, name }
  }

  async find(search: RunSearch): Promise<readonly TrackedRun[]> {
    const store = await this.#access.open()
    const { experimentId, startedAt } = await store.showRun(search.sameExperimentAs.id)
    const conditions = [
      ...(search.isUpToIt === true ? [`started <= ${Date.parse(startedAt)}`] : []),
      `status = 'FINISHED'`,
      ...Object.entries({ parent_run: yes, ...search.tags }).map(
        ([key, value]) => `tags.${quoted(key, '"')} = ${quoted(value, "'")}`,
      ),
      ...search.extraFilters.map((filter) => `(${conditionOf(filter)})`),
    ]
    const query = `${conditions.join(' and ')} order by started desc`
    const { runs } = await store.searchRuns({
      experiments: [experimentId],
      query,
      limit: search.limit,
    })
    return runs.map(({ run, name }) => ({ id: run, name }))
  }

  async setTags(run: TrackedRun, tags: Readonly<Record<string, JsonValue>>): Promise<void> {
    const store = await this.#access.open()
    const target = `run:${run.id}`
    const before = (await store.listTags(target)).tags
    const texts = Object.entries(tags).flatMap(([key, value]) => tagTexts(before, key, value))
    await store.setTags(target, Object.fromEntries(texts.filter(([, text]) => isShort(text))))
    const long = texts.filter(([, text]) => !isShort(text))
    if (long.length > 0) {
      await this.#within(run, (open) => {
        open.tag(Object.fromEntries(long))
      })
    }
  }

  async tags(
    run: TrackedRun,
    keys: readonly string[],
  ): Promise<Readonly<Record<string, JsonValue>>> {
    const store = await this.#access.open()
    const { tags } = await store.listTags(`run:${run.id}`)
    const values = keys.map(async (key): Promise<readonly [string, JsonValue]> => {
      const shown = tags[key]
      if (shown === undefined) return [key, null]
      const text = await wholeText(store, run, key, shown)
      return [key, tags[`${textMark}${key}`] === yes ? text : valueOfText(text)]
    })
    return Object.fromEntries(await Promise.all(values))
  }

  valueOf(tag: JsonValue): JsonValue {
    return tag
  }

  async logParams(run: TrackedRun, params: JsonObject): Promise<void> {
    const values = Object.entries(params).map(([key, value]) => [key, paramOf(value)] as const)
    await this.#within(run, (open) => {
      open.logParams(Object.fromEntries(values))
    })
  }

  async logFile(run: TrackedRun, source: string, path: string): Promise<void> {
    const isFolder = await stat(source).then(
      (found) => found.isDirectory(),
      (error: unknown) => {
        throw notFound(
          `${source} cannot be read.${error instanceof Error ? ` ${error.message}` : ''}`,
        )
      },
    )
    await this.#within(run, async (open) => {
      if (!isFolder) return open.logFile(source, path)
      const files = await open.logFolder(source, path)
      if (files === 0) throw invalidArgument(`${source} has no files to keep.`)
    })
  }

  async namesIn(run: TrackedRun, folder: string): Promise<readonly string[]> {
    const files = await (await this.#access.open()).listRunFiles(run.id)
    const below = files
      .filter(({ path }) => path.startsWith(`${folder}/`))
      .map(({ path }) => path.slice(folder.length + 1).split('/', 1)[0] ?? '')
    return [...new Set(below)]
  }

  async fetchFile(run: TrackedRun, path: string, target: string): Promise<void> {
    await writeRunFiles(await this.#access.open(), run, { path, target })
  }

  async close(): Promise<void> {
    for (const run of this.#open.values()) await run.flush()
    this.#open.clear()
    await this.#access.close()
  }

  /** Logs into a run, durably: one of this process, or one of others, or one that has ended. */
  async #within(run: TrackedRun, work: (open: Run) => void | Promise<void>): Promise<void> {
    const store = await this.#access.open()
    const own = this.#open.get(run.id)
    const open = own ?? (await store.resumeRun(run.id))
    await work(open)
    await open.flush()
    // Of a run that goes on, its end makes the version of its files.
    if (own === undefined && (await store.showRun(run.id)).status !== 'RUNNING') await open.seal()
  }

  async #experimentOf(store: StoreApi, { id }: TrackedRun): Promise<string> {
    return (await store.showRun(id)).experiment
  }
}

/** What is to be set, with the mark where one is needed, or was. */
function tagTexts(
  before: Readonly<Record<string, string>>,
  key: string,
  value: JsonValue,
): (readonly [key: string, text: string])[] {
  const isText = typeof value === 'string'
  const text = isText ? value : jsonText(value)
  const mark = `${textMark}${key}`
  if (isText && typeof valueOfText(text) !== 'string')
    return [
      [key, text],
      [mark, yes],
    ]
  return Object.hasOwn(before, mark)
    ? [
        [key, text],
        [mark, 'False'],
      ]
    : [[key, text]]
}

/** JSON has no NaN and no infinities: they come back as text. */
function jsonText(value: JsonValue): string {
  const named = (_key: string, each: unknown): unknown =>
    typeof each === 'number' && !Number.isFinite(each) ? String(each) : each
  return JSON.stringify(value, named)
}

/** What the text is as JSON, if it is any but a text itself. */
function valueOfText(text: string): JsonValue {
  try {
    const value: JsonValue = JSON.parse(text)
    return typeof value === 'string' ? text : value
  } catch (error) {
    if (error instanceof SyntaxError) return text
    throw error
  }
}

function isShort(text: string): boolean {
  return text.length <= valueCharactersMax
}

/** Of a text that was too long for a tag, all of it: it is a file of the run. */
async function wholeText(
  store: StoreApi,
  { id }: TrackedRun,
  key: string,
  shown: string,
): Promise<string> {
  const path = / all of them are in the run's file (\S+)\)$/.exec(shown)?.[1]
  if (path === undefined) return shown
  const files = await store.listRunFiles(id)
  if (files.every((file) => file.path !== path)) return shown
  const pieces: Uint8Array[] = []
  for await (const piece of store.readRunFile(id, path)) pieces.push(piece)
  const text = Buffer.concat(pieces).toString('utf8')
  return fitValue('tags', key, text).value === shown ? text : shown
}

/** Params are text; what has parts is one as JSON. */
function paramOf(value: JsonValue): ParamValue {
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : value
}

/**
 * A filter as it was written, if it is a condition and nothing else.
 *
 * @throws {MlstoreError} `INVALID_ARGUMENT`
 */
function conditionOf(filter: string): string {
  const { where, orderBy, limit } = parseQuery(filter)
  if (where !== undefined && orderBy.length === 0 && limit === undefined) return filter
  throw invalidArgument(`${JSON.stringify(filter)} is no condition.`)
}

/** In a query the quote stands twice for itself. */
function quoted(text: string, quote: string): string {
  return `${quote}${text.replaceAll(quote, quote + quote)}${quote}`
}
