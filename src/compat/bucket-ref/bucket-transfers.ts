/**
 * What a `BucketRef` does for one artifact, within a run: the use cases of the store in the order
 * that the documented tool has.
 */

import { resolve } from 'node:path'

import { bucketAlias, bucketArtifact, bucketPath } from '../../core/bucket-names.ts'
import { latestSelector } from '../../core/names.ts'
import { isMlstoreError, MlstoreError } from '../../errors.ts'
import type { PushResult } from '../../store/results.ts'
import { withRetries } from '../../store/retries.ts'
import type { Run } from '../../store/runs/run.ts'
import type { StoreApi } from '../../store/store.ts'
import type { StoreAccess } from '../store-access.ts'
import type {
  BucketArtifactName,
  BucketTransfer,
  BucketDownloadOptions,
  BucketLinkOptions,
  BucketUploadOptions,
} from './requests.ts'

export type BucketPlace = { readonly bucket: string; readonly project: string }

/** An artifact with an alias, as the caller and as the store names it. */
type Named = {
  readonly store: StoreApi
  readonly remote: string
  readonly artifact: string
  /** As the store keeps it. */
  readonly alias: string
  readonly reference: string
}

type Wanted = BucketArtifactName & { readonly alias: string }

export class BucketTransfers {
  readonly #access: StoreAccess
  readonly #place: BucketPlace

  constructor(access: StoreAccess, place: BucketPlace) {
    this.#access = access
    this.#place = place
  }

  /** Adds a folder as a version that the run made, under the alias, and sends it to the bucket. */
  async upload(
    run: Run,
    source: string,
    wanted: Wanted,
    options: BucketUploadOptions,
  ): Promise<BucketTransfer> {
    const { overwrite = false, metadata: meta, signal } = options
    const named = await this.#named(wanted, signal)
    const path = resolve(this.#access.cwd, source)
    if (!overwrite) await refuseTaken(named, path, signal)
    const asGiven = { noLock: true, noExclude: true }
    const added = await run.output(path, named.artifact, { ...asGiven, meta, signal })
    await this.#publish(named, added.digest, options)
    const { files, sizeBytes, digest } = added
    return { kind: 'upload', ...this.#said(wanted, named, run), digest, files, sizeBytes, path }
  }

  /** The same for what is in a bucket already: only the record is sent. */
  async link(
    run: Run,
    uri: string,
    wanted: Wanted,
    options: BucketLinkOptions,
  ): Promise<BucketTransfer> {
    const { metadata: meta, signal } = options
    const named = await this.#named(wanted, signal)
    const { store, artifact: as } = named
    const linked = await store.addExternal({ uri, as, run: run.id, meta, signal })
    const { digest, files, sizeBytes } = linked
    await this.#publish(named, digest, options)
    const said = this.#said(wanted, named, run)
    return { kind: 'link', ...said, digest, files, sizeBytes, path: uri }
  }

  /** Writes a version that the run reads into a folder; tried again while the bucket is silent. */
  async download(
    run: Run,
    wanted: Wanted,
    options: BucketDownloadOptions,
  ): Promise<BucketTransfer> {
    const { destination, retries, signal } = options
    const { type, name, alias } = wanted
    const path = resolve(this.#access.cwd, destination ?? bucketPath(type, name, alias))
    const { clock } = this.#access.environment
    return withRetries({ clock, retries, signal }, async () => {
      const named = await this.#named(wanted, signal)
      const { store, remote, artifact } = named
      const { digest } = await store.resolveOn(remote, await referenceOf(wanted, named))
      const reference = `${artifact}@${digest}`
      await run.use(reference, { signal })
      // A version of one file goes into the folder, too.
      const output = `${path}/`
      const { files, sizeBytes } = await store.get({ reference, output, noLock: true, signal })
      const said = this.#said(wanted, named, run)
      return { kind: 'download', ...said, digest, files, sizeBytes, path }
    })
  }

  /** Sends what the run is now, with its end. */
  async pushRun(run: Run): Promise<void> {
    const store = await this.#access.open()
    const remote = await store.remoteForBucket({ bucket: this.#place.bucket })
    await store.push({ remote, references: [`run:${run.id}`] })
  }

  /** Learns what the bucket has, so that names mean what they mean there. */
  async #named(wanted: Wanted, signal: AbortSignal | undefined): Promise<Named> {
    const { bucket, project } = this.#place
    const artifact = bucketArtifact({ ...wanted, project })
    const alias = bucketAlias(wanted.alias)
    const store = await this.#access.open()
    const remote = await store.remoteForBucket({ bucket })
    await store.fetch({ remote, signal })
    return { store, remote, artifact, alias, reference: `${artifact}@${alias}` }
  }

  /** Gives the version its alias and sends both. */
  async #publish(
    { store, remote, artifact, alias, reference }: Named,
    digest: string,
    { overwrite = false, signal }: BucketUploadOptions,
  ): Promise<void> {
    const version = `${artifact}@${digest}`
    if (overwrite) await store.setAlias(version, alias)
    else await store.claimAlias(version, alias)
    const forceAliases = overwrite ? [reference] : []
    refuseConflict(await store.push({ remote, references: [version], forceAliases, signal }))
  }

  #said(
    { name, type, alias }: Wanted,
    { artifact, remote }: Named,
    run: Run,
  ): Pick<BucketTransfer, 'name' | 'type' | 'alias' | 'project' | 'artifact' | 'remote' | 'run'> {
    return { name, type, alias, project: this.#place.project, artifact, remote, run: run.id }
  }
}

/** `latest` is an alias that somebody gave, else the newest version. */
async function referenceOf({ alias }: Wanted, named: Named): Promise<string> {
  const { store, remote, artifact, reference } = named
  if (alias !== latestSelector) return reference
  return (await digestAt(store, remote, reference)) === undefined ? artifact : reference
}

/**
 * Before anything is added: an alias that is at other content stays there.
 *
 * @throws {MlstoreError} `ALIAS_MOVED`
 */
async function refuseTaken(
  { store, remote, artifact, reference }: Named,
  path: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  const digest = await digestAt(store, remote, reference)
  if (digest === undefined) return
  const { added, removed, changed, renamed } = await store.diff(`${artifact}@${digest}`, path, {
    signal,
  })
  if ([added, removed, changed, renamed].every((list) => list.length === 0)) return
  throw new MlstoreError('ALIAS_MOVED', `${reference} is there already, with other content.`, {
    hint: 'Choose another alias, or replace this one: `--overwrite`.',
    details: { version: digest },
  })
}

async function digestAt(
  store: StoreApi,
  remote: string,
  reference: string,
): Promise<string | undefined> {
  try {
    return (await store.resolveOn(remote, reference)).digest
  } catch (error) {
    if (isMlstoreError(error, 'NOT_FOUND')) return undefined
    throw error
  }
}

/** Somebody took the alias between our look and our push: theirs stays. */
function refuseConflict({ conflicts }: PushResult): void {
  const [conflict] = conflicts
  if (conflict === undefined) return
  const { artifact, name, theirsBy, hint, remote } = conflict
  throw new MlstoreError(
    'ALIAS_MOVED',
    `${artifact}@${name} was taken on ${remote} meanwhile${theirsBy === null ? '' : ` by ${theirsBy}`}.`,
    { hint, details: { conflicts } },
  )
}
