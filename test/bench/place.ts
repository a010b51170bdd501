/**
 * Where rows work: a folder that is removed at the end, inputs that several rows share, stores
 * and remotes. Sizes are those of the design times the scale.
 */

import { execFile } from 'node:child_process'
import { copyFileSync, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'

import { Command } from '../support/command.ts'
import { type Bucket, S3Place } from '../support/s3-place.ts'
import { writeCheckpoint, writeDataset } from '../support/seeded-data.ts'

const execFileAsync = promisify(execFile)

export const bigFileBytes: number = 2 * 1024 ** 3
export const smallFiles = 100_000

/** Where a remote is, as `remote add` and `clone` want it. */
export type RemotePlace = {
  readonly url: string
  readonly flags: readonly string[]
  /** Deletes what is there: a server that keeps everything in memory has room for a few rows. */
  readonly remove: () => Promise<void>
}

export class BenchPlace implements AsyncDisposable {
  readonly folder: string
  readonly scale: number
  readonly s3: S3Place | undefined
  readonly #made = new Map<string, Promise<string>>()
  #bucket: Promise<Bucket> | undefined
  readonly #owned = new Set<AsyncDisposable>()
  #names = 0

  constructor(folder: string, scale: number) {
    this.folder = folder
    this.scale = scale
    this.s3 = S3Place.fromEnvironment()
  }

  /** A number of the design at this scale, at least 1. */
  scaled(amount: number): number {
    return Math.max(1, Math.round(amount * this.scale))
  }

  /** A path that no other caller gets. */
  freshPath(name: string): string {
    return join(this.folder, `${name}-${++this.#names}`)
  }

  freshFolder(name: string): string {
    const path = this.freshPath(name)
    mkdirSync(path)
    return path
  }

  /** Makes something once, in a folder of that name, for all rows that ask for it. */
  shared(name: string, make: (folder: string) => Promise<void> | void): Promise<string> {
    const known = this.#made.get(name)
    if (known !== undefined) return known
    const made = this.#make(name, make)
    this.#made.set(name, made)
    return made
  }

  async #make(name: string, make: (folder: string) => Promise<void> | void): Promise<string> {
    const folder = join(this.folder, name)
    mkdirSync(folder)
    await make(folder)
    await syncDisk(folder)
    return folder
  }

  /** Folder with `big.bin`, 2 GiB at full scale. */
  bigFile(): Promise<string> {
    return this.shared('big', (folder) => {
      writeCheckpoint(join(folder, 'big.bin'), 'bench', this.scaled(bigFileBytes))
    })
  }

  /** Folder with `small/`, 100,000 files of 1 to 8 KB at full scale. */
  manyFiles(): Promise<string> {
    return this.shared('many', (folder) => {
      const files = this.scaled(smallFiles)
      const shape = { files, sizeBytesMin: 1024, sizeBytesMax: 8 * 1024 }
      writeDataset(join(folder, 'small'), 'bench', shape)
    })
  }

  /** Path of DVC's command; `undefined`: it is not measured. */
  get dvc(): string | undefined {
    return process.env['MLSTORE_BENCH_DVC'] || undefined
  }

  /** Python of a virtualenv that has MLflow; `undefined`: it is not measured. */
  get mlflowPython(): string | undefined {
    return process.env['MLSTORE_BENCH_MLFLOW'] || undefined
  }

  command(folder: string): Command {
    return new Command(folder, this.s3?.credentials)
  }

  async freshStore(name: string): Promise<Command> {
    const command = this.command(this.freshFolder(name))
    await command.succeed('init')
    return command
  }

  /** An empty remote: a bucket where there is an S3 server, else a folder. */
  async freshRemote(): Promise<RemotePlace> {
    if (this.s3 === undefined) {
      const folder = this.freshPath('remote')
      const remove = async (): Promise<void> => rmSync(folder, { recursive: true, force: true })
      return { url: pathToFileURL(folder).href, flags: [], remove }
    }
    const bucket = this.own(await this.s3.bucket())
    return {
      url: `s3://${bucket.name}/remote`,
      flags: ['--endpoint-url', this.s3.endpointUrl],
      remove: () => this.#dispose(bucket),
    }
  }

  /** Adds a remote and pushes something tiny, so that what follows is not its first push. */
  async addWarmRemote(command: Command, name: string): Promise<RemotePlace> {
    const remote = await this.freshRemote()
    await command.succeed('remote', 'add', name, remote.url, ...remote.flags)
    const file = this.freshPath('tiny')
    copyFileSync(new URL(import.meta.url), file)
    await command.succeed('add', file, '--as', 'bench/tiny', '--no-lock')
    await command.succeed('push', name, 'bench/tiny')
    return remote
  }

  /** The bucket of this bench. */
  bucket(): Promise<Bucket> {
    if (this.s3 === undefined) throw new Error('MLSTORE_TEST_S3_ENDPOINT is not set')
    this.#bucket ??= this.s3.bucket().then((bucket) => this.own(bucket))
    return this.#bucket
  }

  /** Keeps something until the end of the bench. */
  own<T extends AsyncDisposable>(resource: T): T {
    this.#owned.add(resource)
    return resource
  }

  async #dispose(resource: AsyncDisposable): Promise<void> {
    if (this.#owned.delete(resource)) await resource[Symbol.asyncDispose]()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const resource of this.#owned) await resource[Symbol.asyncDispose]()
    rmSync(this.folder, { recursive: true, force: true })
  }
}

/** Waits until everything written to the file system of a folder is on the disk. */
export async function syncDisk(folder: string): Promise<void> {
  await execFileAsync('sync', ['-f', folder])
}

/** Runs a program that must succeed. */
export async function runProgram(program: string, ...programArguments: string[]): Promise<void> {
  await execFileAsync(program, programArguments, { maxBuffer: 64 * 1024 ** 2 })
}
