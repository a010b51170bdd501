/**
 * Several people's stores that share remotes in memory.
 *
 * Time stands still until somebody sleeps, so back-off costs nothing; labels are given, since two
 * versions of the same second would have the same generated one.
 */

import { randomBytes } from 'node:crypto'
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { TestContext } from 'node:test'

import { cloneStore, initStore, openStore, type Store } from '../../../../src/index.ts'
import type { Environment } from '../../../../src/store/environment.ts'
import type { AddRequest } from '../../../../src/store/requests.ts'
import type { AddResult } from '../../../../src/store/results.ts'
import { type FakeClock, fakeClock } from '../../../remotes/fake-clock.ts'
import { seededBytes } from '../../../support/seeded-data.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'
import { Place, WatchedRemote } from './watched-remote.ts'

/** Content by path; a number stands for that many bytes that no compressor shrinks. */
export type Files = Readonly<Record<string, Buffer | string | number>>

export type AddOptions = Partial<Omit<AddRequest, 'paths' | 'as'>>

export class World {
  readonly folder: string
  readonly clock: FakeClock = fakeClock()
  readonly #places = new Map<string, Place>()
  readonly #context: Pick<TestContext, 'after'>
  readonly #extra: Partial<Environment>
  /** Which place a folder's `origin` is, where it is not the one its URL names. */
  readonly #redirects = new Map<string, string>()
  #folders = 0

  /** @param extra On top of the environment that the stores of this world get. */
  constructor(context: Pick<TestContext, 'after'>, extra: Partial<Environment> = {}) {
    this.#context = context
    this.#extra = extra
    this.folder = temporaryFolder(context)
  }

  /** The place that remotes with the URL `memory:NAME` are. */
  place(name = 'origin'): Place {
    const known = this.#places.get(name) ?? new Place()
    this.#places.set(name, known)
    return known
  }

  environment(folder: string, user: string): Environment {
    return {
      env: {},
      cwd: folder,
      clock: this.clock,
      ids: { id: () => randomBytes(16).toString('hex'), random: () => 0.5 },
      user,
      host: 'test',
      remoteSchemes: {
        memory: ({ url }) => {
          const name = this.#redirects.get(folder) ?? url.slice('memory:'.length)
          return new WatchedRemote(this.place(name), this.clock, url)
        },
      },
      ...this.#extra,
    }
  }

  /** From now on all remotes of the store in this folder are that place. */
  redirect(folder: string, place: string): void {
    this.#redirects.set(folder, place)
  }

  freshFolder(name: string): string {
    this.#folders += 1
    const folder = join(this.folder, `${name}-${this.#folders}`)
    mkdirSync(folder)
    return folder
  }

  /** A new store with the remote `origin`. */
  async store(user = 'anna', url = 'memory:origin', singleWriter = false): Promise<Person> {
    const folder = this.freshFolder(user)
    await initStore(folder, this.environment(folder, user))
    const person = await this.open(folder, user)
    await person.store.addRemote({ name: 'origin', settings: { url }, singleWriter })
    return person
  }

  /** A clone of `origin`: its log, no bytes. */
  async clone(user = 'ben', url = 'memory:origin'): Promise<Person> {
    const folder = this.freshFolder(user)
    await cloneStore({ settings: { url }, directory: folder }, this.environment(folder, user))
    return this.open(folder, user)
  }

  /** Opens a store again, as another process would. */
  async open(folder: string, user = 'anna'): Promise<Person> {
    const environment = this.environment(folder, user)
    const store = await openStore({ cwd: folder, environment })
    const person = new Person(folder, user, store)
    this.#context.after(() => store.close())
    return person
  }

  /** A copy of everything somebody has, and a copy of a place, as they are now. */
  copyFolder(from: Person): string {
    const to = this.freshFolder(from.user)
    cpSync(from.folder, to, { recursive: true })
    return to
  }

  copyPlace(from: Place, name: string): Place {
    const to = this.place(name)
    for (const [key, object] of from.objects) to.objects.set(key, object)
    return to
  }
}

export class Person {
  readonly folder: string
  readonly user: string
  readonly store: Store

  constructor(folder: string, user: string, store: Store) {
    this.folder = folder
    this.user = user
    this.store = store
  }

  /** Writes files into the data folder `name` and adds it as a version of `artifact`. */
  async add(artifact: string, files: Files, options: AddOptions = {}): Promise<AddResult> {
    const name = artifact.replaceAll('/', '-')
    for (const [path, content] of Object.entries(files)) this.write(join(name, path), content)
    return this.addFolder(artifact, name, options)
  }

  async addFolder(artifact: string, name: string, options: AddOptions = {}): Promise<AddResult> {
    const paths = [join(this.folder, name)]
    const [added] = await this.store.add({ paths, as: artifact, noLock: true, ...options })
    if (added === undefined) throw new TypeError('nothing was added')
    return added
  }

  write(path: string, content: Buffer | string | number): void {
    const target = join(this.folder, path)
    mkdirSync(dirname(target), { recursive: true })
    writeFileSync(target, typeof content === 'number' ? seededBytes(path, content) : content)
  }

  read(path: string): Buffer {
    return readFileSync(join(this.folder, path))
  }

  /** From now on packs are sent when they have so many bytes, so that little data makes many. */
  usePacksOf(bytes: number): Promise<void> {
    return this.store.setConfig('transfer.pack-bytes', String(bytes))
  }

  /** The bytes of one file of a version. */
  async cat(reference: string): Promise<Buffer> {
    const pieces: Uint8Array[] = []
    for await (const piece of this.store.cat(reference)) pieces.push(piece)
    return Buffer.concat(pieces)
  }

  /** Labels of an artifact's versions, sorted. */
  async labels(artifact: string): Promise<string[]> {
    const versions = await this.store.log(artifact)
    return versions.map(({ label }) => label ?? '').sort()
  }
}
