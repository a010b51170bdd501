/**
 * A file system that tells the test about every call before it is done, so that one can fail.
 *
 * A hook runs before the real call and makes it fail by throwing. Calls on open files are named as
 * those on the file system; the asynchronous forms go by the names of the synchronous ones.
 */

import type {
  DirectoryEntry,
  FileStat,
  FileSystem,
  OpenFile,
  OpenMode,
} from '../../src/ports/file-system.ts'

export type Call = keyof FileSystem | 'read' | 'write' | 'stat' | 'sync' | 'close'
/** `path` is the one that the call changes: where it writes, or the new name. */
export type Hook = (path: string, call: Call) => void

class InterceptedFile implements OpenFile {
  readonly #file: OpenFile
  readonly #path: string
  readonly #fs: InterceptedFileSystem

  constructor(file: OpenFile, path: string, fs: InterceptedFileSystem) {
    this.#file = file
    this.#path = path
    this.#fs = fs
  }

  read(into: Uint8Array, position: number): number {
    this.#fs.note('read', this.#path)
    return this.#file.read(into, position)
  }

  async readAsync(into: Uint8Array, position: number): Promise<number> {
    this.#fs.note('read', this.#path)
    return this.#file.readAsync(into, position)
  }

  write(bytes: Uint8Array, position: number): void {
    this.#fs.note('write', this.#path)
    this.#file.write(this.#shortened(bytes), position)
  }

  async writeAsync(bytes: Uint8Array, position: number): Promise<void> {
    this.#fs.note('write', this.#path)
    await this.#file.writeAsync(this.#shortened(bytes), position)
  }

  stat(): FileStat {
    this.#fs.note('stat', this.#path)
    return this.#file.stat()
  }

  sync(): void {
    this.#fs.note('sync', this.#path)
    this.#file.sync()
  }

  async syncAsync(): Promise<void> {
    this.#fs.note('sync', this.#path)
    await this.#file.syncAsync()
  }

  close(): void {
    this.#fs.note('close', this.#path)
    this.#file.close()
  }

  #shortened(bytes: Uint8Array): Uint8Array {
    return this.#fs.shortenWrites ? bytes.subarray(0, bytes.length - 1) : bytes
  }
}

export class InterceptedFileSystem implements FileSystem {
  /** Names of all calls so far, in order. */
  readonly calls: Call[] = []
  /** Writes lose their last byte and say nothing, as a broken disk does. */
  shortenWrites = false
  readonly #fs: FileSystem
  readonly #hooks = new Map<Call, Hook>()

  constructor(fs: FileSystem) {
    this.#fs = fs
  }

  /** Runs the hook before every call of that name from now on; one hook a name. */
  before(call: Call, hook: Hook): void {
    this.#hooks.set(call, hook)
  }

  note(call: Call, path: string): void {
    this.calls.push(call)
    this.#hooks.get(call)?.(path, call)
  }

  lstat(path: string): FileStat | undefined {
    this.note('lstat', path)
    return this.#fs.lstat(path)
  }

  readDirectory(path: string): DirectoryEntry[] {
    this.note('readDirectory', path)
    return this.#fs.readDirectory(path)
  }

  open(path: string, mode: OpenMode, permissions?: number): OpenFile {
    this.note('open', path)
    return new InterceptedFile(this.#fs.open(path, mode, permissions), path, this)
  }

  readFile(path: string): Buffer {
    this.note('readFile', path)
    return this.#fs.readFile(path)
  }

  makeDirectory(path: string): void {
    this.note('makeDirectory', path)
    this.#fs.makeDirectory(path)
  }

  rename(from: string, to: string): void {
    this.note('rename', to)
    this.#fs.rename(from, to)
  }

  link(existing: string, to: string): void {
    this.note('link', to)
    this.#fs.link(existing, to)
  }

  clone(from: string, to: string): boolean {
    this.note('clone', to)
    return this.#fs.clone(from, to)
  }

  symlink(target: string, path: string): void {
    this.note('symlink', path)
    this.#fs.symlink(target, path)
  }

  readLink(path: string): string {
    this.note('readLink', path)
    return this.#fs.readLink(path)
  }

  chmod(path: string, mode: number): void {
    this.note('chmod', path)
    this.#fs.chmod(path, mode)
  }

  unlink(path: string): void {
    this.note('unlink', path)
    this.#fs.unlink(path)
  }

  removeDirectory(path: string): void {
    this.note('removeDirectory', path)
    this.#fs.removeDirectory(path)
  }

  removeTree(path: string): void {
    this.note('removeTree', path)
    this.#fs.removeTree(path)
  }

  syncDirectory(path: string): void {
    this.note('syncDirectory', path)
    this.#fs.syncDirectory(path)
  }

  async syncFileSystem(path: string): Promise<boolean> {
    this.note('syncFileSystem', path)
    return this.#fs.syncFileSystem(path)
  }

  realPath(path: string): string {
    this.note('realPath', path)
    return this.#fs.realPath(path)
  }
}
