/**
 * Files that are logged into a run: their bytes go into the store at once, out of sight, and
 * become part of the run's draft with the next write.
 *
 * Each write publishes a session of its own, so ten thousand files are ten thousand rows and a few
 * packs, however often is written meanwhile.
 */

import type { EventFields } from '../../core/events/event.ts'
import type { RunFileChange } from '../../core/events/run-event.ts'
import { splitTreePath } from '../../core/names.ts'
import { invalidArgument, MlstoreError } from '../../errors.ts'
import type { AddedFile, ObjectWriter } from '../../objects/object-writer.ts'
import type { StoreParts } from '../parts.ts'

/** Paths of one event; with paths of 250 bytes an event is some 400 KiB. */
export const filesPerEvent = 1000

/** After so many files the session waits until little is held in memory. */
const filesPerSettling = 200

/** Files that can be published; the caller holds the writer lock. */
export type SealedDraft = { publish(): EventFields[] }

type Session = {
  readonly writer: ObjectWriter
  readonly files: Map<string, RunFileChange>
  /** Files that are being read. */
  readonly reading: Set<Promise<unknown>>
}

/** A file to be taken: what it says, and how its bytes get into the session. */
export type DraftFile = {
  /** In the run's tree. */
  readonly path: string
  readonly exec?: boolean
  /** Name of this computer, if the bytes shall stay on it. Default: they travel. */
  readonly local?: string | undefined
  readonly store: (writer: ObjectWriter) => AddedFile | Promise<AddedFile>
}

export class DraftFiles {
  readonly #parts: StoreParts
  readonly #run: string
  /** Paths of files, and of the folders around them, as far as this process knows. */
  #paths: Map<string, 'file' | 'folder'> | undefined
  #session: Session | undefined
  /** Complete, but not published yet: more than one after writing failed. */
  #ended: Session[] = []

  constructor(parts: StoreParts, run: string) {
    this.#parts = parts
    this.#run = run
  }

  /**
   * Takes a file, in place of one that has the path already.
   *
   * @throws {MlstoreError} `INVALID_ARGUMENT` for a path that a tree cannot hold; what reading
   * the file throws.
   */
  async add({ path, exec = false, local, store }: DraftFile): Promise<AddedFile> {
    this.#check(path)
    await this.#parts.codec.open()
    const session = (this.#session ??= this.#start())
    note(this.#knownPaths, path)
    const adding = Promise.resolve(store(session.writer))
    session.reading.add(adding)
    try {
      const added = await adding
      const { digest, sizeBytes } = added
      session.files.set(path, {
        path,
        digest,
        size: sizeBytes,
        ...(exec ? { exec } : {}),
        ...(local === undefined ? {} : { local }),
      })
      if (session.files.size % filesPerSettling === 0) await session.writer.settle()
      return added
    } finally {
      session.reading.delete(adding)
    }
  }

  /** Paths were taken out of the draft by others: what is there is looked up anew. */
  forgetPaths(): void {
    this.#paths = undefined
  }

  /**
   * Makes what was taken durable, to be published; `undefined` if there is nothing.
   *
   * @param which `settled`: nothing while a file is still being read.
   */
  async take(which: 'all' | 'settled'): Promise<SealedDraft | undefined> {
    const session = await this.#endSession(which)
    if (session !== undefined) this.#ended.push(session)
    const ended = [...this.#ended]
    for (const { writer } of ended) await writer.seal()
    if (ended.length === 0) return undefined
    return { publish: () => ended.flatMap((each) => this.#publish(each)) }
  }

  /** What comes from now on begins another session. */
  async #endSession(which: 'all' | 'settled'): Promise<Session | undefined> {
    const session = this.#session
    if (session === undefined || (which === 'settled' && session.reading.size > 0)) return undefined
    this.#session = undefined
    await Promise.allSettled(session.reading)
    if (session.files.size > 0) return session
    await session.writer.abort()
    return undefined
  }

  #publish(session: Session): EventFields[] {
    this.#ended = this.#ended.filter((each) => each !== session)
    try {
      const { missing } = session.writer.publish()
      if (missing.length > 0) throw takenAway([...session.files.keys()])
    } catch (error) {
      void session.writer.abort()
      throw error
    }
    const files = [...session.files.values()]
    const events: EventFields[] = []
    for (let i = 0; i < files.length; i += filesPerEvent) {
      const some = files.slice(i, i + filesPerEvent)
      events.push({ type: 'run.files', run: this.#run, files: some })
    }
    return events
  }

  #start(): Session {
    return { writer: this.#parts.objects.startWrite(), files: new Map(), reading: new Set() }
  }

  #check(path: string): void {
    const names = splitTreePath(path)
    const paths = this.#knownPaths
    const folders = names.slice(1).map((_, i) => names.slice(0, i + 1).join('/'))
    const blocked = folders.find((folder) => paths.get(folder) === 'file')
    if (blocked !== undefined) {
      throw invalidArgument(`${path} cannot be a file of the run: ${blocked} is one, not a folder.`)
    }
    if (paths.get(path) === 'folder') {
      throw invalidArgument(`${path} cannot be a file of the run: it is a folder there.`)
    }
  }

  /** Looked up when the first file is logged: most who log into a run log none. */
  get #knownPaths(): Map<string, 'file' | 'folder'> {
    if (this.#paths !== undefined) return this.#paths
    this.#paths = new Map()
    for (const { path } of this.#parts.catalog.runFiles.of(this.#run)) note(this.#paths, path)
    return this.#paths
  }
}

function note(paths: Map<string, 'file' | 'folder'>, path: string): void {
  for (let end = path.indexOf('/'); end >= 0; end = path.indexOf('/', end + 1)) {
    paths.set(path.slice(0, end), 'folder')
  }
  paths.set(path, 'file')
}

function takenAway(paths: readonly string[]): MlstoreError {
  return new MlstoreError(
    'OBJECT_MISSING',
    `Bytes of ${paths.slice(0, 3).join(', ')} were freed while they were logged.`,
    { hint: 'Log the files again.', details: { paths } },
  )
}
