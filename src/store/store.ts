/**
 * Store: one opened `.mlstore`, and every use case as a method.
 *
 * The class decides nothing: each method calls the use case of the same name. Open one with
 * `openStore`, make one with `initStore` or `cloneStore` (`open.ts`); close it when done, or
 * declare it with `await using`.
 */

import type { CatalogSearchRow } from './search.ts'
import type * as requests from './requests.ts'
import type * as results from './results.ts'

// The full list of methods the command line is written against; the implementation follows.
export interface StoreApi extends AsyncDisposable {
  /** Absolute path of the `.mlstore` folder. */
  readonly directory: string
  add(request: requests.AddRequest): Promise<results.AddResult[]>
  get(request: requests.GetRequest): Promise<results.GetResult>
  /** Bytes of one file, verified; fetched when they are not here. */
  cat(reference: string, options?: requests.WorkOptions): AsyncIterable<Uint8Array>
  listArtifacts(request: requests.ListRequest): Promise<results.ListedArtifact[]>
  listFiles(request: requests.ListRequest): AsyncIterable<results.ListedFile>
  log(reference: string, options?: { readonly limit?: number | undefined }): Promise<results.VersionSummary[]>
  show(reference: string): Promise<results.ShowResult>
  /** Each side a reference or a path of the working tree. */
  diff(before: string, after: string): Promise<results.DiffResult>
  status(request?: requests.StatusRequest): Promise<results.StatusResult>
  checkout(request?: requests.CheckoutRequest): Promise<results.CheckoutResult>
  setAlias(reference: string, alias: string, options?: { readonly reason?: string | undefined }): Promise<results.AliasResult>
  removeAlias(artifact: string, alias: string, options?: { readonly reason?: string | undefined }): Promise<results.AliasResult>
  listAliases(artifact?: string): Promise<results.AliasListing[]>
  aliasLog(artifact: string, alias: string): Promise<results.AliasMove[]>
  resetAlias(artifact: string, alias: string): Promise<results.AliasResult>
  relabel(reference: string, label: string): Promise<results.VersionSummary>
  /** Target: `type/name`, a version reference, or `run:ID`. */
  setTags(target: string, tags: Readonly<Record<string, string>>): Promise<results.TagsResult>
  removeTags(target: string, keys: readonly string[]): Promise<results.TagsResult>
  listTags(target: string): Promise<results.TagsResult>
  remove(request: requests.RemoveRequest): Promise<results.RemovedVersion[]>
  restore(reference: string): Promise<results.RemovedVersion[]>
  search(query: string, options?: { readonly type?: string | undefined }): Promise<CatalogSearchRow[]>
  addRemote(request: requests.RemoteAddRequest): Promise<results.RemoteListing>
  listRemotes(): Promise<results.RemoteListing[]>
  removeRemote(name: string): Promise<void>
  setRemoteUrl(name: string, url: string): Promise<results.RemoteListing>
  copyRemote(from: string, to: string, options?: requests.WorkOptions): Promise<results.CopyResult>
  /** Keys of the remote below a path, or the artifacts and versions it has. */
  listRemote(name: string, path?: string): AsyncIterable<{ readonly key: string; readonly sizeBytes: number }>
  doctorRemote(name?: string): Promise<results.RemoteDoctorResult>
  push(request?: requests.PushRequest): Promise<results.PushResult>
  fetch(request?: requests.FetchRequest): Promise<results.FetchResult>
  pull(request?: requests.PullRequest): Promise<results.PullResult>
  drop(request: requests.DropRequest): Promise<results.DropResult>
  fsck(request?: requests.FsckRequest): Promise<results.FsckResult>
  reindex(): Promise<results.ReindexResult>
  /** Settings as dotted keys. */
  getConfig(key: string): Promise<string | null>
  setConfig(key: string, value: string): Promise<void>
  listConfig(): Promise<Readonly<Record<string, string>>>
  doctor(): Promise<results.DoctorResult>
}
