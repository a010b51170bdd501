/**
 * FileSystem: the only door to local disks.
 *
 * The contract (executed by test/contracts/file-system.ts on every implementation):
 * - Paths are absolute. Nothing follows a symbolic link in the last segment except where said.
 * - Small operations are synchronous: on Node a promise costs more than the call itself.
 *   Bulk reads, writes and fsyncs have asynchronous forms, so that they overlap.
 * - Nothing is durable before `sync` of the file and `syncDirectory` of its folder returned.
 *   A failed sync is final: the caller gives the file up and writes another.
 * - `lstat` answers `undefined` for what is not there; every other operation on an absent path
 *   fails with `NOT_FOUND`. ENOSPC and EDQUOT are `NO_SPACE`, EACCES, EPERM and EROFS are
 *   `REFUSED` (with the path and what to do), all else is `IO_ERROR`.
 */

export type FileKind = 'file' | 'directory' | 'link' | 'other'

export type FileStat = {
  readonly kind: FileKind
  readonly sizeBytes: number
  /** Permission bits, such as 0o644. */
  readonly mode: number
  readonly mtimeNs: bigint
  readonly ctimeNs: bigint
  readonly inode: bigint
  readonly device: bigint
  readonly links: number
}

/** One entry of a directory. `name` is `undefined` in no case; invalid UTF-8 fails `readDirectory`. */
export type DirectoryEntry = { readonly name: string; readonly kind: FileKind }

export interface OpenFile {
  /** Reads up to `into.length` bytes at `position`; fewer only at the end of the file. */
  read(into: Uint8Array, position: number): number
  readAsync(into: Uint8Array, position: number): Promise<number>
  /** Writes all the bytes at `position`. */
  write(bytes: Uint8Array, position: number): void
  writeAsync(bytes: Uint8Array, position: number): Promise<void>
  stat(): FileStat
  sync(): void
  syncAsync(): Promise<void>
  /** Idempotent. */
  close(): void
}

/**
 * `read`: must exist, a link in the last segment is an error. `create`: must not exist.
 * `append`: opened or created for writing at any position, nothing truncated.
 */
export type OpenMode = 'read' | 'create' | 'append'

export interface FileSystem {
  lstat(path: string): FileStat | undefined
  /** Entries in no particular order. A name that is not UTF-8 is `INVALID_ARGUMENT`, shown escaped. */
  readDirectory(path: string): DirectoryEntry[]
  open(path: string, mode: OpenMode, permissions?: number): OpenFile
  /** A whole small file. */
  readFile(path: string): Buffer
  /** Creates the directory and what is missing above it. */
  makeDirectory(path: string): void
  rename(from: string, to: string): void
  /** Hard link; an existing `to` is an error with code `INVALID_ARGUMENT` and `details.exists`. */
  link(existing: string, to: string): void
  /** Reflink copy; `false` where the file system cannot. */
  clone(from: string, to: string): boolean
  symlink(target: string, path: string): void
  readLink(path: string): string
  chmod(path: string, mode: number): void
  unlink(path: string): void
  removeDirectory(path: string): void
  /** Removes a file or a folder with all that is in it; absent is fine. Never follows links. */
  removeTree(path: string): void
  syncDirectory(path: string): void
  /** Flushes the whole file system that holds `path`; `false` where that cannot be asked for. */
  syncFileSystem(path: string): Promise<boolean>
  /** Path with every link resolved. */
  realPath(path: string): string
}
