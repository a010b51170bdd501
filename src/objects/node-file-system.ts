/**
 * The FileSystem port over node:fs. `src/ports/file-system.ts` is the contract; here is only what
 * Node and the kernels make of it:
 *
 * - Every call goes through `guarded`, so no bare errno leaves this file.
 * - Node decodes invalid UTF-8 in names to U+FFFD and would so give two files one name. A folder
 *   where that character turns up is read again as bytes.
 * - Some kernels refuse to fsync a directory (EINVAL on a few FUSE and SMB mounts, anything on
 *   Windows). There the rename is as durable as that file system makes it; nothing else can be done.
 */

import assert from 'node:assert/strict'
import { isUtf8 } from 'node:buffer'
import { spawn } from 'node:child_process'
import * as nodeFs from 'node:fs'
import { promisify } from 'node:util'

import { invalidArgument, MlstoreError } from '../errors.ts'
import type {
  DirectoryEntry,
  FileKind,
  FileStat,
  FileSystem,
  OpenFile,
  OpenMode,
} from '../ports/file-system.ts'
import { fromSystemError, systemCodeOf } from './system-error.ts'

const { constants } = nodeFs
const readAt = promisify(nodeFs.read)
const writeAt = promisify(nodeFs.write)
const flush = promisify(nodeFs.fsync)

const openFlags: Readonly<Record<OpenMode, number>> = {
  read: constants.O_RDONLY | constants.O_NOFOLLOW,
  create: constants.O_RDWR | constants.O_CREAT | constants.O_EXCL,
  append: constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW,
}

/** Errnos of a kernel, or of two file systems, that cannot make a reflink. */
const cloneUnsupported = new Set(['ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'ENOTTY', 'EINVAL', 'EXDEV'])
const directorySyncUnsupported = new Set(['EINVAL', 'ENOTSUP', 'EOPNOTSUPP'])
const replacementCharacter = '\uFFFD'

function guarded<T>(action: string, path: string, run: () => T): T {
  try {
    return run()
  } catch (error) {
    throw fromSystemError(error, action, path)
  }
}

async function guardedAsync<T>(action: string, path: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run()
  } catch (error) {
    throw fromSystemError(error, action, path)
  }
}

type KindTests = Pick<nodeFs.Dirent, 'isFile' | 'isDirectory' | 'isSymbolicLink'>

function kindOf(entry: KindTests): FileKind {
  if (entry.isFile()) return 'file'
  if (entry.isDirectory()) return 'directory'
  return entry.isSymbolicLink() ? 'link' : 'other'
}

function statOf(stat: nodeFs.BigIntStats): FileStat {
  return {
    kind: kindOf(stat),
    sizeBytes: Number(stat.size),
    mode: Number(stat.mode) & 0o7777,
    mtimeNs: stat.mtimeNs,
    ctimeNs: stat.ctimeNs,
    inode: stat.ino,
    device: stat.dev,
    links: Number(stat.nlink),
  }
}

/** For the calls that Node only has in the form that follows links. */
function refuseLink(path: string, action: string): void {
  const stat = guarded(action, path, () => nodeFs.lstatSync(path))
  if (!stat.isSymbolicLink()) return
  throw new MlstoreError('IO_ERROR', `Cannot ${action} ${path}: it is a symbolic link.`)
}

/** Shows bytes that are no UTF-8 so that a person can find the file: `caf\xe9.txt`. */
function escaped(name: Buffer): string {
  return [...name]
    .map((byte) =>
      byte >= 0x20 && byte < 0x7f
        ? String.fromCharCode(byte)
        : `\\x${byte.toString(16).padStart(2, '0')}`,
    )
    .join('')
}

function refuseInvalidNames(folder: string): void {
  const names = nodeFs.readdirSync(folder, { encoding: 'buffer' })
  const invalid = names.find((name) => !isUtf8(name))
  if (invalid === undefined) return
  throw invalidArgument(
    `The name ${escaped(invalid)} in ${folder} is not UTF-8.`,
    'Rename it: mlstore keeps names as UTF-8, so that they are the same on every machine.',
  )
}

/** An open file. Reads and writes are complete or fail: short ones are continued here. */
class NodeOpenFile implements OpenFile {
  readonly #path: string
  #descriptor: number | undefined

  constructor(path: string, descriptor: number) {
    this.#path = path
    this.#descriptor = descriptor
  }

  read(into: Uint8Array, position: number): number {
    return guarded('read', this.#path, () => {
      let done = 0
      while (done < into.length) {
        const rest = into.length - done
        const count = nodeFs.readSync(this.#open(), into, done, rest, position + done)
        if (count === 0) break
        done += count
      }
      return done
    })
  }

  readAsync(into: Uint8Array, position: number): Promise<number> {
    return guardedAsync('read', this.#path, async () => {
      let done = 0
      while (done < into.length) {
        const rest = into.length - done
        const { bytesRead } = await readAt(this.#open(), into, done, rest, position + done)
        if (bytesRead === 0) break
        done += bytesRead
      }
      return done
    })
  }

  write(bytes: Uint8Array, position: number): void {
    guarded('write', this.#path, () => {
      let done = 0
      while (done < bytes.length) {
        const rest = bytes.length - done
        done += nodeFs.writeSync(this.#open(), bytes, done, rest, position + done)
      }
    })
  }

  writeAsync(bytes: Uint8Array, position: number): Promise<void> {
    return guardedAsync('write', this.#path, async () => {
      let done = 0
      while (done < bytes.length) {
        const rest = bytes.length - done
        const { bytesWritten } = await writeAt(this.#open(), bytes, done, rest, position + done)
        done += bytesWritten
      }
    })
  }

  stat(): FileStat {
    return guarded('stat', this.#path, () =>
      statOf(nodeFs.fstatSync(this.#open(), { bigint: true })),
    )
  }

  sync(): void {
    guarded('sync', this.#path, () => nodeFs.fsyncSync(this.#open()))
  }

  syncAsync(): Promise<void> {
    return guardedAsync('sync', this.#path, () => flush(this.#open()))
  }

  close(): void {
    const descriptor = this.#descriptor
    this.#descriptor = undefined
    if (descriptor === undefined) return
    guarded('close', this.#path, () => nodeFs.closeSync(descriptor))
  }

  #open(): number {
    assert(this.#descriptor !== undefined, `${this.#path} was used after it was closed`)
    return this.#descriptor
  }
}

export class NodeFileSystem implements FileSystem {
  lstat(path: string): FileStat | undefined {
    try {
      const stat = nodeFs.lstatSync(path, { bigint: true, throwIfNoEntry: false })
      return stat && statOf(stat)
    } catch (error) {
      if (systemCodeOf(error) === 'ENOTDIR') return undefined
      throw fromSystemError(error, 'stat', path)
    }
  }

  readDirectory(path: string): DirectoryEntry[] {
    refuseLink(path, 'list')
    return guarded('list', path, () => {
      const entries = nodeFs.readdirSync(path, { withFileTypes: true })
      if (entries.some((entry) => entry.name.includes(replacementCharacter))) {
        refuseInvalidNames(path)
      }
      return entries.map((entry) => ({ name: entry.name, kind: kindOf(entry) }))
    })
  }

  open(path: string, mode: OpenMode, permissions = 0o644): OpenFile {
    const descriptor = guarded('open', path, () =>
      nodeFs.openSync(path, openFlags[mode], permissions),
    )
    return new NodeOpenFile(path, descriptor)
  }

  readFile(path: string): Buffer {
    return guarded('read', path, () => {
      const descriptor = nodeFs.openSync(path, openFlags.read)
      try {
        return nodeFs.readFileSync(descriptor)
      } finally {
        nodeFs.closeSync(descriptor)
      }
    })
  }

  makeDirectory(path: string): void {
    guarded('make the folder', path, () => nodeFs.mkdirSync(path, { recursive: true }))
  }

  rename(from: string, to: string): void {
    guarded(`rename ${from} to`, to, () => nodeFs.renameSync(from, to))
  }

  link(existing: string, to: string): void {
    guarded(`link ${existing} to`, to, () => nodeFs.linkSync(existing, to))
  }

  clone(from: string, to: string): boolean {
    const mode = constants.COPYFILE_FICLONE_FORCE | constants.COPYFILE_EXCL
    try {
      nodeFs.copyFileSync(from, to, mode)
      return true
    } catch (error) {
      if (cloneUnsupported.has(systemCodeOf(error) ?? '')) return false
      throw fromSystemError(error, `clone ${from} to`, to)
    }
  }

  symlink(target: string, path: string): void {
    guarded('make the link', path, () => nodeFs.symlinkSync(target, path))
  }

  readLink(path: string): string {
    return guarded('read the link', path, () => {
      const target = nodeFs.readlinkSync(path, { encoding: 'buffer' })
      if (isUtf8(target)) return target.toString('utf8')
      throw invalidArgument(`The target ${escaped(target)} of the link ${path} is not UTF-8.`)
    })
  }

  chmod(path: string, mode: number): void {
    refuseLink(path, 'change the mode of')
    guarded('change the mode of', path, () => nodeFs.chmodSync(path, mode))
  }

  unlink(path: string): void {
    guarded('delete', path, () => nodeFs.unlinkSync(path))
  }

  removeDirectory(path: string): void {
    guarded('delete the folder', path, () => nodeFs.rmdirSync(path))
  }

  removeTree(path: string): void {
    guarded('delete', path, () => nodeFs.rmSync(path, { recursive: true, force: true }))
  }

  syncDirectory(path: string): void {
    if (process.platform === 'win32') return
    guarded('sync the folder', path, () => {
      const descriptor = nodeFs.openSync(path, constants.O_RDONLY | constants.O_DIRECTORY)
      try {
        nodeFs.fsyncSync(descriptor)
      } catch (error) {
        if (!directorySyncUnsupported.has(systemCodeOf(error) ?? '')) throw error
      } finally {
        nodeFs.closeSync(descriptor)
      }
    })
  }

  /** Node has no syncfs(2); coreutils' `sync -f` calls it. Busybox and macOS lack the option. */
  syncFileSystem(path: string): Promise<boolean> {
    return new Promise((resolve) => {
      const child = spawn('sync', ['-f', path], { stdio: 'ignore' })
      child.once('error', () => resolve(false))
      child.once('close', (status) => resolve(status === 0))
    })
  }

  realPath(path: string): string {
    return guarded('resolve', path, () => nodeFs.realpathSync.native(path))
  }
}
