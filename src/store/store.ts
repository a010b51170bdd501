/**
 * Store: one opened `.mlstore`, and every use case as a method.
 *
 * The class decides nothing: each method loads the use case of the same name and calls it, so that
 * a command pays for no other. Open one with
 * `openStore`, make one with `initStore` or `cloneStore` (`open.ts`); close it when done, or
 * declare it with `await using`. Every method throws `MlstoreError` and nothing else on purpose.
 */

import type { PackageRepository } from '../ports/package-repository.ts'
import type * as imports from './import/results.ts'
import type { PackageDepot } from './packages/depot.ts'
import type * as requests from './requests.ts'
import type * as results from './results.ts'
import { StoreOfBuckets } from './store-of-buckets.ts'

type Reason = { readonly reason?: string | undefined }

export class Store extends StoreOfBuckets {
  // --- versions -------------------------------------------------------------------------------

  /**
   * Makes a version of files and folders; without paths, of every locked path that changed.
   *
   * The same content with nothing new said about it is no new version (`unchanged`). Files are
   * only read. An interrupted add leaves the store as it was.
   *
   * @returns One result a version.
   * @throws {MlstoreError} `LABEL_TAKEN`, `FILE_CHANGED`, `NOT_FOUND`, `NO_SPACE`.
   */
  async add(request: requests.AddRequest): Promise<results.AddResult[]> {
    const { add } = await import('./add.ts')
    return add(await this.ready(), request)
  }

  /**
   * Writes a version, or parts of one, out, fetching what is missing.
   *
   * Files mlstore did not write are never replaced without `force`.
   *
   * @throws {MlstoreError} `WORKING_TREE_CHANGED` with the paths in `details.paths`;
   * `OBJECT_MISSING` when neither the store nor a remote has the bytes.
   */
  async get(request: requests.GetRequest): Promise<results.GetResult> {
    const { get } = await import('./get.ts')
    return get(await this.ready(), request)
  }

  /** Bytes of one file (`REF:path`), verified; only that file is fetched when it is not here. */
  async *cat(reference: string, options?: requests.WorkOptions): AsyncGenerator<Uint8Array> {
    const { cat } = await import('./cat.ts')
    yield* cat(await this.ready(), reference, options)
  }

  /** Artifacts with their number of versions, by name. */
  async listArtifacts(request: requests.ListRequest = {}): Promise<results.ListedArtifact[]> {
    const { listArtifacts } = await import('./list.ts')
    return listArtifacts(this.known(), request)
  }

  /** Files of a version or of a folder in it; only tree nodes are fetched. */
  async *listFiles(request: requests.ListRequest): AsyncGenerator<results.ListedFile> {
    const { listFiles } = await import('./list.ts')
    yield* listFiles(await this.ready(), request)
  }

  /** Versions of an artifact, newest first. `limit` defaults to all. */
  async log(
    reference: string,
    options?: { readonly limit?: number | undefined },
  ): Promise<results.VersionSummary[]> {
    const { log } = await import('./log.ts')
    return log(this.known(), reference, options)
  }

  /** Everything about one version. */
  async show(reference: string): Promise<results.ShowResult> {
    const { show } = await import('./show.ts')
    return show(await this.ready(), reference)
  }

  /** What changed between two versions; each side may also be a path of the working tree. */
  async diff(
    before: string,
    after: string,
    options?: requests.WorkOptions,
  ): Promise<results.DiffResult> {
    const { diff } = await import('./diff.ts')
    return diff(await this.ready(), before, after, options)
  }

  /** Locked paths against the working tree, and this store against its remotes. */
  async status(request?: requests.StatusRequest): Promise<results.StatusResult> {
    const { status } = await import('./status.ts')
    return status(await this.ready(), request)
  }

  /** Makes the working tree what `mlstore.lock` says. */
  async checkout(request?: requests.CheckoutRequest): Promise<results.CheckoutResult> {
    const { checkout } = await import('./checkout.ts')
    return checkout(await this.ready(), request)
  }

  /** Deletes versions by tombstones, which `restore` takes back until `gc`. */
  async remove(request: requests.RemoveRequest): Promise<results.RemovedVersion[]> {
    const { remove } = await import('./remove.ts')
    return remove(await this.ready(), request)
  }

  /** Takes the deletion of a version back. */
  async restore(reference: string): Promise<results.RemovedVersion[]> {
    const { restore } = await import('./remove.ts')
    return restore(await this.ready(), reference)
  }

  /** Versions that match a query such as `tags.stage = 'prod' and meta.f1 > 0.9`. */
  async search(
    query: string,
    options?: Omit<requests.SearchRequest, 'query'>,
  ): Promise<readonly results.VersionSummary[]> {
    const { search } = await import('./search.ts')
    return search(this.known(), query, options)
  }

  /**
   * The same a page at a time: pages follow each other without gaps and repeats, whatever is
   * added meanwhile.
   *
   * @throws {MlstoreError} `INVALID_ARGUMENT`, pointing at the place in the query.
   */
  async searchVersions(request?: requests.SearchRequest): Promise<results.VersionPage> {
    const { searchVersions } = await import('./search.ts')
    return searchVersions(this.known(), request)
  }

  /** Artifacts that match, by name, size, tags and more, a page at a time. */
  async searchArtifacts(request?: requests.SearchRequest): Promise<results.ArtifactPage> {
    const { searchArtifacts } = await import('./search.ts')
    return searchArtifacts(this.known(), request)
  }

  // --- names and tags -------------------------------------------------------------------------

  /** Points an alias at a version. */
  async setAlias(reference: string, alias: string, options?: Reason): Promise<results.AliasResult> {
    const { setAlias } = await import('./alias.ts')
    return setAlias(await this.ready(), reference, alias, options)
  }

  /** Takes an alias away; its history stays. */
  async removeAlias(
    artifact: string,
    alias: string,
    options?: Reason,
  ): Promise<results.AliasResult> {
    const { removeAlias } = await import('./alias.ts')
    return removeAlias(await this.ready(), artifact, alias, options)
  }

  /** Aliases of one artifact, or of all. */
  async listAliases(artifact?: string): Promise<results.AliasListing[]> {
    const { listAliases } = await import('./alias.ts')
    return listAliases(this.known(), artifact)
  }

  /** Moves of an alias, newest first. */
  async aliasLog(artifact: string, alias: string): Promise<results.AliasMove[]> {
    const { aliasLog } = await import('./alias.ts')
    return aliasLog(this.known(), artifact, alias)
  }

  /** Takes the default remote's value of an alias and gives up own moves no remote has. */
  async resetAlias(artifact: string, alias: string): Promise<results.AliasResult> {
    const { resetAlias } = await import('./alias.ts')
    return resetAlias(await this.ready(), artifact, alias)
  }

  /** Gives a version another label. */
  async relabel(reference: string, label: string): Promise<results.VersionSummary> {
    const { relabel } = await import('./alias.ts')
    return relabel(await this.ready(), reference, label)
  }

  /** Sets tags. Target: `type/name`, a version reference, or `run:ID`. */
  async setTags(
    target: string,
    tags: Readonly<Record<string, string>>,
  ): Promise<results.TagsResult> {
    const { setTags } = await import('./tag.ts')
    return setTags(await this.ready(), target, tags)
  }

  /** Removes tags, all of which must be there. */
  async removeTags(target: string, keys: readonly string[]): Promise<results.TagsResult> {
    const { removeTags } = await import('./tag.ts')
    return removeTags(await this.ready(), target, keys)
  }

  async listTags(target: string): Promise<results.TagsResult> {
    const { listTags } = await import('./tag.ts')
    return listTags(this.known(), target)
  }

  // --- remotes --------------------------------------------------------------------------------

  /** Adds a remote; nothing is sent. */
  async addRemote(request: requests.RemoteAddRequest): Promise<results.RemoteListing> {
    const { addRemote } = await import('./remotes.ts')
    return addRemote(await this.ready(), request)
  }

  async listRemotes(): Promise<results.RemoteListing[]> {
    const { listRemotes } = await import('./remotes.ts')
    return listRemotes(this.known())
  }

  /** Forgets a remote's settings; the remote itself is not touched. */
  async removeRemote(name: string): Promise<void> {
    const { removeRemote } = await import('./remotes.ts')
    return removeRemote(await this.ready(), name)
  }

  /** Gives a remote another URL, where the same repository must be (`REMOTE_REPLACED`). */
  async setRemoteUrl(name: string, url: string): Promise<results.RemoteListing> {
    const { setRemoteUrl } = await import('./remotes.ts')
    return setRemoteUrl(await this.ready(), name, url)
  }

  /** Copies a whole remote to another place; run again, it goes on where it stopped. */
  async copyRemote(
    from: string,
    to: string,
    options?: requests.WorkOptions,
  ): Promise<results.CopyResult> {
    const { copyRemote } = await import('./maintenance/copy-remote.ts')
    return copyRemote(await this.ready(), from, to, options)
  }

  /**
   * What a remote holds: its artifacts, the versions of one, the files of one (`type/project/name/
   * alias`, the project may come apart), or its keys.
   */
  async *listRemote(
    name: string,
    path?: string,
    options?: { readonly project?: string | undefined },
  ): AsyncGenerator<results.RemoteItem> {
    const { listRemote } = await import('./maintenance/list-remote.ts')
    yield* listRemote(await this.ready(), name, path, options)
  }

  /** Asks a remote what it can do and explains what it cannot. */
  async doctorRemote(name?: string): Promise<results.RemoteDoctorResult> {
    const { doctorRemote } = await import('./maintenance/doctor-remote.ts')
    return doctorRemote(await this.ready(), name)
  }

  /**
   * Sends versions and events that the remote lacks and commits them.
   *
   * Several machines may push at once, and a push may be interrupted: the log entry is written
   * last, so a reader never meets a version it cannot fetch. Run again, it sends only what is
   * still missing; when nothing is, it costs two requests. Conflicts are in the result: their
   * data was pushed, the alias or label was not.
   *
   * @throws {MlstoreError} `REMOTE_UNAVAILABLE`, `REMOTE_REFUSED`, `REMOTE_UNSUPPORTED`,
   * `REMOTE_REPLACED`, `COMMIT_UNKNOWN`. Nothing is lost: push again.
   */
  async push(request?: requests.PushRequest): Promise<results.PushResult> {
    const { push } = await import('./sync/push.ts')
    return push(await this.ready(), request)
  }

  /** Learns what is new on a remote: records and events, no objects. */
  async fetch(request?: requests.FetchRequest): Promise<results.FetchResult> {
    const { fetch } = await import('./sync/fetch.ts')
    return fetch(await this.ready(), request)
  }

  /** Fetches, downloads what the lock file names (or REFs), and checks the lock out. */
  async pull(request?: requests.PullRequest): Promise<results.PullResult> {
    const { pull } = await import('./sync/pull.ts')
    return pull(await this.ready(), request)
  }

  // --- packages -------------------------------------------------------------------------------

  /**
   * The packages of a repository: of the remote of that name (or URL), else of the default remote,
   * else of this store alone. `PackageStorage` is how they are used.
   */
  async packageRepository(repository: string): Promise<PackageRepository> {
    const { openPackageRepository } = await import('./packages/place.ts')
    return openPackageRepository(await this.ready(), repository)
  }

  /** The packages of all repositories, as a server takes and gives them. */
  async packageDepot(): Promise<PackageDepot> {
    const { PackageDepot } = await import('./packages/depot.ts')
    return new PackageDepot(await this.ready())
  }

  // --- other tools ----------------------------------------------------------------------------

  /**
   * Brings experiments, runs and models of an MLflow store in, with their ids, times and numbers.
   *
   * The store is only read. What was imported before is not imported again, and an import that was
   * interrupted goes on. `notes` say what was left out, and why.
   */
  async importMlflow(request: imports.ImportMlflowRequest): Promise<imports.ImportResult> {
    const { importMlflow } = await import('./import/mlflow.ts')
    return importMlflow(await this.ready(), request)
  }

  /** The same from JSON lines, a run a line: docs/cli.md says what a line holds. */
  async importJsonl(request: imports.ImportJsonlRequest): Promise<imports.ImportResult> {
    const { importJsonl } = await import('./import/jsonl.ts')
    return importJsonl(await this.ready(), request)
  }

  /** Makes versions of what DVC keeps in a git repository, each md5 checked. */
  async importDvc(request: imports.ImportDvcRequest = {}): Promise<imports.ImportResult> {
    const { importDvc } = await import('./import/dvc.ts')
    return importDvc(await this.ready(), request)
  }

  // --- upkeep ---------------------------------------------------------------------------------

  /** Frees local bytes of versions that are proved present on a remote. */
  async drop(request: requests.DropRequest): Promise<results.DropResult> {
    const { drop } = await import('./maintenance/drop.ts')
    return drop(await this.ready(), request)
  }

  /** Verifies the store, or a remote; repairs what it can with `repair`. */
  async fsck(request: requests.FsckRequest = {}): Promise<results.FsckResult> {
    const { fsck } = await import('./maintenance/fsck.ts')
    return fsck(await this.raw(), request)
  }

  /** Rebuilds the catalog from journal and packs. */
  async reindex(): Promise<results.ReindexResult> {
    const { reindex } = await import('./maintenance/reindex.ts')
    return reindex(await this.raw())
  }

  /** A setting, or `null`. Keys are listed by the error for an unknown one. */
  async getConfig(key: string): Promise<string | null> {
    const { getConfig } = await import('./settings.ts')
    return getConfig(this.parts, key)
  }

  async setConfig(key: string, value: string): Promise<void> {
    const { setConfig } = await import('./settings.ts')
    return setConfig(this.parts, key, value)
  }

  async listConfig(): Promise<Readonly<Record<string, string>>> {
    const { listConfig } = await import('./settings.ts')
    return listConfig(this.parts)
  }

  /** Checks the installation and the store. */
  async doctor(): Promise<results.DoctorResult> {
    const { doctor } = await import('./maintenance/doctor.ts')
    return doctor(await this.raw())
  }
}

/** The public face of a store, for those who stand in for it in tests. */
export type StoreApi = Pick<Store, keyof Store>
