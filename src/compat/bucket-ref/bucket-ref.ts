/**
 * BucketRef: artifacts of a project in a bucket, by type, name and alias, in the words of
 * WaBucketRef.
 *
 * Bytes are versions of the store, pushed to the remote that is the bucket; what W&B kept of them
 * is their record. The first transfer starts a run, later ones share it, and it has every artifact
 * as an output or an input. `close` ends it.
 */

import { foreignKey } from '../../core/foreign-names.ts'
import { runConfigAlias, runConfigHash } from '../../core/run-config-hash.ts'
import { jobTags } from '../../core/runs/job-tags.ts'
import { invalidArgument, MlstoreError } from '../../errors.ts'
import type { Environment } from '../../store/environment.ts'
import type { EndedStatus, ParamValue } from '../../store/runs/requests.ts'
import type { Run } from '../../store/runs/run.ts'
import { StoreAccess } from '../store-access.ts'
import { BucketTransfers } from './bucket-transfers.ts'
import type {
  BucketRefOptions,
  BucketTransfer,
  BucketDownloadOptions,
  BucketLinkOptions,
  RunArgs,
  StartBucketRunRequest,
  BucketUploadOptions,
} from './requests.ts'

export class BucketRef implements AsyncDisposable {
  readonly projectName: string
  readonly bucket: string
  readonly entity: string | undefined
  readonly #options: BucketRefOptions
  readonly #access: StoreAccess
  readonly #transfers: BucketTransfers
  readonly #done: BucketTransfer[] = []
  #run: Run | undefined
  #starting: Promise<Run> | undefined
  #runArgs: RunArgs = {}
  #hasSent = false

  /**
   * Nothing is opened, read or asked before the first use.
   *
   * @throws {MlstoreError} `INVALID_ARGUMENT` if neither an option nor the environment names the
   * project.
   */
  constructor(options: BucketRefOptions = {}) {
    this.#options = options
    this.#access = new StoreAccess(options)
    const { env } = this.#access.environment
    this.projectName = bucketProject(options.projectName, env)
    this.bucket = options.bucket || this.projectName
    this.entity = options.entity || env['MLSTORE_ENTITY'] || env['WANDB_ENTITY'] || undefined
    const place = { bucket: this.bucket, project: this.projectName }
    this.#transfers = new BucketTransfers(this.#access, place)
  }

  /** The run of the transfers so far; `undefined` before the first one and after `close`. */
  get run(): Run | undefined {
    return this.#run
  }

  /** What was transferred, in order. */
  get transfers(): readonly BucketTransfer[] {
    return this.#done
  }

  /**
   * Starts the run, to give it arguments or a name; without, the first transfer starts it.
   *
   * @throws {MlstoreError} `REFUSED` if there is one already.
   */
  async startRun(request: StartBucketRunRequest = {}): Promise<Run> {
    if (this.#starting !== undefined) {
      const { name } = await this.#starting
      throw new MlstoreError('REFUSED', `The run ${name} has started already.`, {
        hint: 'Start it before the first transfer, or `close()` it and start another one.',
      })
    }
    return this.#startedRun(request)
  }

  /**
   * Uploads a folder as an artifact of the project, an output of the run.
   *
   * @param source A folder, or a file.
   * @returns The alias.
   * @throws {MlstoreError} `ALIAS_MOVED` if the alias is at other content and `overwrite` is not
   * set; then nothing is there that was not before. What `push` throws.
   */
  async uploadArtifact(
    source: string,
    name: string,
    type: string,
    options: BucketUploadOptions = {},
  ): Promise<string> {
    const run = await this.#startedRun()
    const wanted = { name, type, alias: this.#aliasFor(options.alias) }
    return this.#sent(await this.#transfers.upload(run, source, wanted, options))
  }

  /**
   * Downloads an artifact, an input of the run, into a folder.
   *
   * @returns The absolute path of the folder; when it is there, it is there as a whole.
   * @throws {MlstoreError} `NOT_FOUND`; `REMOTE_UNAVAILABLE` after the last retry;
   * `WORKING_TREE_CHANGED` for other files in the way.
   */
  async downloadArtifact(
    name: string,
    type: string,
    alias: string,
    options: BucketDownloadOptions = {},
  ): Promise<string> {
    const run = await this.#startedRun()
    const wanted = { name, type, alias: this.#aliasFor(alias) }
    const transfer = await this.#transfers.download(run, wanted, options)
    this.#done.push(transfer)
    return transfer.path
  }

  /**
   * Makes an artifact of what lies in a bucket or folder already; nothing is copied.
   *
   * @param uri `s3://bucket/prefix` or `file:///folder`.
   * @returns The alias.
   * @throws {MlstoreError} `NOT_FOUND` with the URI, if it does not exist or is no folder.
   */
  async link(
    uri: string,
    name: string,
    type: string,
    options: BucketLinkOptions = {},
  ): Promise<string> {
    const run = await this.#startedRun()
    const wanted = { name, type, alias: this.#aliasFor(options.alias) }
    return this.#sent(await this.#transfers.link(run, uri, wanted, options))
  }

  /**
   * Ends the run, sends what it was beside its outputs, and closes a store that was opened here.
   * A run that only read stays here until a `push`: whoever reads a bucket need not write to it.
   */
  async close(status: EndedStatus = 'FINISHED'): Promise<void> {
    const run = await this.#starting
    try {
      if (run === undefined) return
      await run.end(status)
      this.#starting = undefined
      this.#run = undefined
      if (this.#hasSent) await this.#transfers.pushRun(run)
    } finally {
      await this.#access.close()
    }
  }

  /** Leaves the scope: a run that was not closed has failed, and is not sent. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#hasSent = false
    await this.close('FAILED')
  }

  #startedRun(request: StartBucketRunRequest = {}): Promise<Run> {
    this.#starting ??= this.#start(request).catch((error: unknown) => {
      // It can be tried again.
      this.#starting = undefined
      throw error
    })
    return this.#starting
  }

  async #start({ runArgs = {}, ...request }: StartBucketRunRequest): Promise<Run> {
    const { runName = this.#options.runName, jobType = this.#options.jobType } = request
    const store = await this.#access.open()
    const run = await store.startRun({
      experiment: foreignKey('experiment', this.projectName),
      name: runName,
      params: paramsOf(runArgs),
      tags: {
        ...jobTags(this.#access.environment.env),
        ...(jobType === undefined ? {} : { job_type: jobType }),
        ...(this.entity === undefined ? {} : { entity: this.entity }),
      },
    })
    this.#runArgs = runArgs
    this.#run = run
    return run
  }

  #aliasFor(given: string | undefined): string {
    if (given === undefined) return uuidOf(this.#access.environment.ids.id())
    return given === runConfigAlias ? runConfigHash(this.#runArgs) : given
  }

  #sent(transfer: BucketTransfer): string {
    this.#hasSent = true
    this.#done.push(transfer)
    return transfer.alias
  }
}

/**
 * The project: as given, else as the environment names it.
 *
 * @throws {MlstoreError} `INVALID_ARGUMENT` without one.
 */
export function bucketProject(given: string | undefined, env: Environment['env']): string {
  const project = given || env['MLSTORE_PROJECT'] || env['WANDB_PROJECT']
  if (project) return project
  throw invalidArgument(
    'Which project is it?',
    'Give --project-name, or set MLSTORE_PROJECT or WANDB_PROJECT.',
  )
}

/** A random id as a UUID of version 4. */
function uuidOf(id: string): string {
  const variant = '89ab'[Number.parseInt(id.charAt(16), 16) % 4]
  const parts = [id.slice(0, 8), id.slice(8, 12), `4${id.slice(13, 16)}`]
  return [...parts, `${variant}${id.slice(17, 20)}`, id.slice(20)].join('-')
}

/** Params are single values: a list or an object is written as JSON. */
function paramsOf(runArgs: RunArgs): Record<string, ParamValue> {
  const params = Object.entries(runArgs).map(([key, value]): [string, ParamValue] => {
    const isSingle = typeof value !== 'object' || value === null
    return [foreignKey('param', key), isSingle ? value : JSON.stringify(value)]
  })
  return Object.fromEntries(params)
}
