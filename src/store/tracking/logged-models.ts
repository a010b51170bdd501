/**
 * Logged models: what training code saves, whether somebody registers it or not.
 *
 * A pending one is a draft: its files and params are said of a run of its own that never starts, so
 * they are durable, safe from a gc, and in no list of runs. When it is finalized a version of
 * `logged-model/NAME` is made of it, with the id as its label, and the draft is emptied.
 */

import assert from 'node:assert/strict'

import type { EventFields } from '../../core/events/event.ts'
import { foreignArtifact } from '../../core/foreign-names.ts'
import { type ArtifactName, parseKey } from '../../core/names.ts'
import { generateRunName } from '../../core/runs/run-name.ts'
import { paramFields } from '../../core/runs/param-fields.ts'
import { encodeVersionRecord, type VersionRecord } from '../../core/version-record.ts'
import { invalidArgument, MlstoreError, notFound } from '../../errors.ts'
import type { StoreParts } from '../parts.ts'
import type { CommitQueue } from './commit-queue.ts'
import { draftTag, encodeDraft, loggedModel, loggedModels } from './logged-model-rows.ts'
import { type ModelContent, withModelContent } from './model-content.ts'
import { labelClaim, runLink } from './model-events.ts'
import { subjectOf } from './registered-models.ts'
import type { DraftFacts, LoggedModel, NewLoggedModel, Texts } from './registry-results.ts'
import { tagFields } from './tag-fields.ts'

export class LoggedModels {
  readonly #parts: StoreParts
  readonly #queue: CommitQueue

  /** @internal Use `Tracking.loggedModels`. */
  constructor(parts: StoreParts, queue: CommitQueue) {
    this.#parts = parts
    this.#queue = queue
  }

  /** All that are not removed, the newest first. */
  all(): LoggedModel[] {
    this.#parts.catchUp()
    return loggedModels(this.#parts).toSorted(
      (a, b) => b.createdAtMs - a.createdAtMs || (a.id < b.id ? 1 : -1),
    )
  }

  /** @param id 32 hex digits. */
  get(id: string): LoggedModel | undefined {
    this.#parts.catchUp()
    return loggedModel(this.#parts, id)
  }

  async create(wanted: NewLoggedModel): Promise<LoggedModel> {
    const { experimentId, run, type, params = new Map(), tags = new Map() } = wanted
    const { ids } = this.#parts
    const name = wanted.name ?? generateRunName(() => ids.random())
    artifactOfLogged(name)
    for (const key of [...params.keys(), ...tags.keys()]) parseKey('key', key)
    const id = ids.id()
    const createdAt = this.#parts.clock.now().toISOString()
    const facts: DraftFacts = { name, experimentId, createdAt, outputOf: [], run, type }
    await this.#commit(id, () => [
      ...tagFields(`run:${id}`, [...tags, [draftTag, encodeDraft(facts)]]),
      ...paramFields(id, params),
    ])
    return this.#require(id)
  }

  /** @throws {MlstoreError} `INVALID_ARGUMENT` unless the model is pending. */
  async addParams(id: string, params: Texts): Promise<void> {
    for (const key of params.keys()) parseKey('key', key)
    await this.#commit(id, () => {
      this.#requirePending(id)
      return paramFields(id, params)
    })
  }

  /** @param tags `null` takes the tag away. */
  async tag(id: string, tags: ReadonlyMap<string, string | null>): Promise<void> {
    for (const key of tags.keys()) parseKey('tag', key)
    await this.#commit(id, () => {
      const { version } = this.#require(id)
      return tagFields(version === undefined ? `run:${id}` : subjectOf(version), tags)
    })
  }

  /** Says that a run made the model; for a pending one when it is finalized. */
  async addOutput(id: string, run: string): Promise<void> {
    await this.#commit(id, () => {
      const { version, draft } = this.#require(id)
      if (draft !== undefined) {
        const outputOf = [...new Set([...draft.outputOf, run])]
        return tagFields(`run:${id}`, [[draftTag, encodeDraft({ ...draft, outputOf })]])
      }
      assert(version !== undefined, 'what is no draft is a version')
      const links = this.#parts.catalog.runLinks.runsOf(version)
      const isKnown = links.some((link) => link.run === run && link.direction === 'output')
      return isKnown ? [] : [runLink(run, version)]
    })
  }

  /**
   * Makes the version. One that is final already stays as it is.
   *
   * @param hasFailed Its upload did: it stays a draft that says so.
   * @throws {MlstoreError} `FILE_CHANGED` if files came meanwhile.
   */
  async finalize(id: string, hasFailed: boolean): Promise<LoggedModel> {
    const { draft } = this.#require(id)
    if (draft === undefined) return this.#require(id)
    if (hasFailed) {
      await this.#commit(id, () => {
        const facts = { ...this.#requirePending(id), hasFailed: true }
        return tagFields(`run:${id}`, [[draftTag, encodeDraft(facts)]])
      })
      return this.#require(id)
    }
    const before = this.#filesOf(id)
    const source = { kind: 'run', run: id, path: '', mayBeEmpty: true } as const
    await withModelContent(this.#parts, source, (content) =>
      this.#commit(id, () => {
        const facts = this.#requirePending(id)
        if (this.#filesOf(id) !== before) throw filesChanged(id)
        content.publish()
        return [...this.#version(id, facts, content), ...this.#emptied(id)]
      }),
    )
    return this.#require(id)
  }

  async remove(id: string): Promise<void> {
    await this.#commit(id, () => {
      const { version } = this.#require(id)
      return version === undefined ? this.#emptied(id) : [{ type: 'version.remove', version }]
    })
  }

  #version(id: string, facts: DraftFacts, content: ModelContent): EventFields[] {
    const { catalog, identity } = this.#parts
    const { root, shape, files, size } = content
    const { name, experimentId, createdAt, run, type, outputOf } = facts
    const artifact = artifactOfLogged(name)
    const modelId = `m-${id}`
    const record: VersionRecord = {
      artifact,
      by: identity.user,
      createdAt,
      files,
      meta: {
        mlflow: { modelId, experimentId, ...(type !== undefined && { type }) },
        params: Object.fromEntries(catalog.params.of(id)),
      },
      root,
      shape,
      size,
      ...(run !== undefined && { run }),
    }
    const { id: version } = encodeVersionRecord(record)
    const tags = [...catalog.tags.of({ kind: 'run', run: id })].filter(([key]) => key !== draftTag)
    const makers = new Set([...(run === undefined ? [] : [run]), ...outputOf])
    return [
      { type: 'version.add', version, record },
      labelClaim(this.#parts, { artifact, version, wanted: modelId }),
      ...tagFields(subjectOf(version), tags),
      ...[...makers].map((maker) => runLink(maker, version)),
    ]
  }

  #emptied(id: string): EventFields[] {
    const { runFiles, tags } = this.#parts.catalog
    const gone = runFiles.of(id).map(({ path }) => ({ path, digest: null, size: 0 }))
    const groups = Math.ceil(gone.length / pathsPerEvent)
    const keys = [...tags.of({ kind: 'run', run: id }).keys()]
    return [
      ...Array.from({ length: groups }, (_, i): EventFields => {
        const files = gone.slice(i * pathsPerEvent, (i + 1) * pathsPerEvent)
        return { type: 'run.files', run: id, files }
      }),
      ...tagFields(
        `run:${id}`,
        keys.map((key) => [key, null]),
      ),
    ]
  }

  #filesOf(id: string): string {
    const rows = this.#parts.catalog.runFiles.of(id)
    return JSON.stringify(rows.map(({ path, digest }) => [path, digest]))
  }

  #requirePending(id: string): DraftFacts {
    const { draft } = this.#require(id)
    if (draft !== undefined) return draft
    throw invalidArgument(`The model m-${id} is final: its files and params do not change.`)
  }

  #require(id: string): LoggedModel {
    const model = this.get(id)
    if (model === undefined) throw notFound(`There is no logged model m-${id} here.`)
    return model
  }

  /** One after the other with what is uploaded into the model. */
  async #commit(id: string, decide: () => readonly EventFields[]): Promise<void> {
    await this.#queue.commit(`run:${id}`, decide)
  }
}

/** Paths of one event. */
const pathsPerEvent = 1000

function artifactOfLogged(name: string): ArtifactName {
  return foreignArtifact('logged-model', name, true)
}

function filesChanged(id: string): MlstoreError {
  return new MlstoreError('FILE_CHANGED', `Files of m-${id} came while it was finalized.`, {
    hint: 'Finalize it when all of its files are there.',
  })
}
