/**
 * Experiments and runs of another tool, with the ids and times they have there.
 *
 * What is here already is compared and not said again; what was changed here since stays.
 */

import { isId } from '../../core/ids.ts'
import { join } from 'node:path'

import type { EventFields } from '../../core/events/event.ts'
import { foreignKey } from '../../core/foreign-names.ts'
import { fitValue } from '../../core/runs/long-value.ts'
import { withoutCredentials } from '../../core/runs/redaction.ts'
import { isEnded } from '../../core/runs/run-status.ts'
import type { JsonObject } from '../../core/canonical-json.ts'
import { isFolder } from '../../foreign/files.ts'
import type {
  ForeignExperiment,
  ForeignFile,
  ForeignRun,
  Texts,
} from '../../foreign/foreign-run.ts'
import { importRunFiles } from './run-files.ts'
import { RunPoints } from './run-points.ts'
import { eventIdOf, tagsToSay } from './said-before.ts'
import type { ImportSession } from './session.ts'

/** Of the params of one event. */
const paramCharactersMax = 64 * 1024
/** Of a tag of something that has no files. */
const tagCharactersMax = 100_000
/** MLflow keeps the URL that git has, and that may hold a token. */
const remoteUrlTag = 'mlflow.source.git.repoURL'
const runIdTag = 'import.runId'

export class RunImport {
  readonly #session: ImportSession
  /** Ids here, by id there. */
  readonly #experiments = new Map<string, string>()
  /** Runs whose files are not where they should be. */
  readonly #lost: ForeignRun[] = []

  constructor(session: ImportSession) {
    this.#session = session
  }

  addExperiment({ id: theirs, name: theirName, tags, isRemoved }: ForeignExperiment): void {
    const { catalog } = this.#session.parts
    const name = this.#name('experiment', theirName)
    const made = eventIdOf('experiment', name)
    const known =
      catalog.experiments.get(made) ??
      catalog.experiments.byName(name) ??
      catalog.experiments.byName(name, 'removed')
    const experiment = known?.id ?? made
    const isNew = known === undefined && ![...this.#experiments.values()].includes(made)
    this.#experiments.set(theirs, experiment)
    if (isNew) this.#session.say({ type: 'experiment.create', experiment, name })
    const texts = new Map(
      [...tags].map(([key, value]) => [this.#name('tag', key), shortened(wellFormed(value))]),
    )
    this.#sayAll(tagsToSay(this.#session.parts, { kind: 'experiment', experiment }, texts))
    if (isNew && isRemoved) this.#session.say({ type: 'experiment.remove', experiment })
  }

  /** The id here of a run there. */
  idOf(theirs: string): string {
    const plain = theirs.replaceAll('-', '').toLowerCase()
    return isId(plain) ? plain : eventIdOf('run', theirs)
  }

  async addRun(run: ForeignRun): Promise<void> {
    const id = this.idOf(run.id)
    if (id !== run.id) this.#session.note(`Run ${shown(run.id)} is ${id} here.`)
    const { catalog } = this.#session.parts
    const known = catalog.runs.get(id)
    if (known === undefined) this.#start(id, run)
    else if (!isEnded(known.status) && isEnded(run.status)) this.#sayEnd(id, run)
    const files: ForeignFile[] = [...run.files]
    this.#params(id, this.#texts('param', run.params, files))
    const tags = id === run.id ? run.tags : new Map([...run.tags, [runIdTag, run.id]])
    const texts = this.#texts('tag', tags, files)
    this.#sayAll(tagsToSay(this.#session.parts, { kind: 'run', run: id }, texts))
    const points = new RunPoints(this.#session, id, (key) => this.#name('metric', key))
    await points.import(run.series())
    await importRunFiles(this.#session, id, run, files)
    if (run.place !== undefined && !run.folders.some(mayBeEmpty)) this.#lost.push(run)
    if (known === undefined && run.isRemoved) this.#session.say({ type: 'run.remove', run: id })
    await this.#session.settle()
  }

  /** Tells what could not be found. */
  end(): void {
    const [first, ...others] = this.#lost
    if (first === undefined) return
    const count = others.length === 0 ? '' : ` and of ${others.length} more`
    this.#session.note(
      `Files of run ${first.id}${count} are not here: ${first.place ?? ''} cannot be read. ` +
        'Copy them, give their folder with --artifacts, and import again.',
    )
  }

  #start(id: string, run: ForeignRun): void {
    const { parent } = run
    const experiment = this.#experiments.get(run.experiment)
    if (experiment === undefined) this.addExperiment(unnamedExperiment(run.experiment))
    this.#session.say({
      type: 'run.start',
      run: id,
      experiment: experiment ?? this.#experiments.get(run.experiment) ?? '',
      name: this.#name('run', run.name),
      startedAt: isoTime(run.startedAt),
      ...(parent === undefined || parent === '' ? {} : { parent: this.idOf(parent) }),
      context: contextOf(run),
    })
    if (run.status !== 'RUNNING' || run.endedAt !== null) this.#sayEnd(id, run)
  }

  #sayEnd(id: string, { status, endedAt }: ForeignRun): void {
    const end = endedAt === null ? {} : { endedAt: isoTime(endedAt) }
    this.#session.say({ type: 'run.update', run: id, status, ...end })
  }

  #params(run: string, params: Texts): void {
    const known = this.#session.parts.catalog.params.of(run)
    const some = new Map<string, string>()
    let characters = 0
    const end = (): void => {
      const said = Object.fromEntries(some)
      if (some.size > 0) this.#session.say({ type: 'run.params', run, params: said })
      some.clear()
      characters = 0
    }
    for (const [key, value] of params) {
      const before = known.get(key)
      if (before !== undefined && before !== value) {
        this.#session.note(`Param ${shown(key)} of run ${run} is ${shown(before)} here: it stays.`)
      }
      if (before !== undefined) continue
      if (characters + key.length + value.length > paramCharactersMax) end()
      some.set(key, value)
      characters += key.length + value.length
    }
    end()
  }

  /** Under their names here; what is too long goes to `files`. */
  #texts(kind: 'param' | 'tag', texts: Texts, files: ForeignFile[]): Map<string, string> {
    const values = new Map<string, string>()
    for (const [theirs, text] of texts) {
      const key = this.#name(kind, theirs)
      const said = wellFormed(text)
      const safe = theirs === remoteUrlTag ? withoutCredentials(said) : said
      const { value, file } = fitValue(`${kind}s`, key, safe)
      values.set(key, value)
      if (file !== undefined) files.push(file)
    }
    return values
  }

  #name(kind: string, theirs: string): string {
    const name = foreignKey(kind, theirs)
    if (name !== theirs) this.#session.note(`The ${kind} ${shown(theirs)} is ${shown(name)} here.`)
    return name
  }

  #sayAll(all: readonly EventFields[]): void {
    for (const fields of all) this.#session.say(fields)
  }
}

/** An experiment that runs name and nothing describes. */
function unnamedExperiment(id: string): ForeignExperiment {
  return { id, name: `experiment ${id}`, tags: new Map(), isRemoved: false }
}

function contextOf({ source, git }: ForeignRun): JsonObject {
  const { commit = '', branch, remote } = git ?? {}
  const code = {
    commit,
    dirty: false,
    ...(branch ? { branch } : {}),
    ...(remote ? { remote: withoutCredentials(wellFormed(remote)) } : {}),
  }
  return {
    ...(source ? { source: { kind: 'script', name: wellFormed(source) } } : {}),
    ...(git === undefined ? {} : { git: code }),
  }
}

/** Text as UTF-8 can say it: half a surrogate pair becomes the replacement character. */
export function wellFormed(text: string): string {
  return Buffer.from(text).toString('utf8')
}

/** Where no file can take the text, an event must. */
export function shortened(text: string): string {
  return text.length <= tagCharactersMax ? text : `${text.slice(0, tagCharactersMax)}…`
}

/** A time that a `Date` can hold. */
export function isoTime(ms: number): string {
  const most = 8.64e15
  return new Date(Math.max(0, Math.min(most / 100, ms))).toISOString()
}

/** A run without files has no folder, but where the place is right others have: `ROOT/1/RUN/artifacts`. */
function mayBeEmpty(folder: string): boolean {
  return isFolder(folder) || isFolder(join(folder, '..', '..', '..'))
}

function shown(text: string): string {
  return JSON.stringify(text.length <= 100 ? text : `${text.slice(0, 100)}…`)
}
