/**
 * A whole scan as one digest: what the stat cache says of a file, said of a folder.
 *
 * Two scans with the same fingerprint found the same paths, links and executable bits, and files
 * whose sizes, times and inodes are the same. So the folder's tree is the same too, and neither
 * the rows of its files nor its nodes have to be looked at. As for a single file (`stat-index.ts`)
 * that only holds if all of them were older than the file system's time before the scan.
 */

import { type Digest, DigestStream } from '../core/digest.ts'
import type { FileStat } from '../ports/file-system.ts'
import { isExecutable, type ScanEntry } from './scan.ts'

const bufferBytes = 64 * 1024
/** Kind, lengths and the numbers of a file; more than any entry needs besides its texts. */
const fixedBytesMax = 64
const lengthBytes = 4
/** Of one UTF-16 code unit in UTF-8. */
const bytesPerUnitMax = 3

const kinds = { file: 1, executable: 2, directory: 3, link: 4 } as const

export class ScanFingerprint {
  readonly #timeNs: bigint
  readonly #hash = new DigestStream()
  #buffer: Buffer = Buffer.allocUnsafe(bufferBytes)
  #length = 0
  #isSettled = true

  /** @param timeNs The file system's time, read before the scan. */
  constructor(timeNs: bigint) {
    this.#timeNs = timeNs
  }

  /** Takes the next entries; what no version can hold is passed over. */
  add(entries: readonly ScanEntry[]): void {
    for (const entry of entries) {
      if (entry.kind === 'file') this.#addFile(entry.path, entry.stat)
      else if (entry.kind === 'directory') this.#addTexts(kinds.directory, entry.path, '')
      else if (entry.kind === 'link') this.#addTexts(kinds.link, entry.path, entry.target)
    }
  }

  /** The fingerprint; `undefined` if a file changed too recently to be trusted later. */
  end(): Digest | undefined {
    this.#flush()
    return this.#isSettled ? this.#hash.end() : undefined
  }

  #addFile(path: string, stat: FileStat): void {
    const { sizeBytes, mtimeNs, ctimeNs, inode } = stat
    this.#isSettled &&= mtimeNs < this.#timeNs && ctimeNs < this.#timeNs
    this.#addTexts(isExecutable(stat) ? kinds.executable : kinds.file, path, '')
    const buffer = this.#buffer
    let at = buffer.writeDoubleLE(sizeBytes, this.#length)
    at = buffer.writeBigInt64LE(mtimeNs, at)
    at = buffer.writeBigInt64LE(ctimeNs, at)
    this.#length = buffer.writeBigUInt64LE(BigInt.asUintN(64, inode), at)
  }

  /** Leaves room for the numbers of a file. */
  #addTexts(kind: number, path: string, target: string): void {
    this.#makeRoom((path.length + target.length) * bytesPerUnitMax + fixedBytesMax)
    this.#length = this.#buffer.writeUInt8(kind, this.#length)
    this.#addText(path)
    this.#addText(target)
  }

  /** In front of each text stands its length, so that no two lists of texts look the same. */
  #addText(text: string): void {
    const bytes = this.#buffer.write(text, this.#length + lengthBytes, 'utf8')
    this.#length = this.#buffer.writeUInt32LE(bytes, this.#length) + bytes
  }

  #makeRoom(bytes: number): void {
    if (this.#length + bytes <= this.#buffer.length) return
    this.#flush()
    if (bytes > this.#buffer.length) this.#buffer = Buffer.allocUnsafe(bytes)
  }

  #flush(): void {
    this.#hash.update(this.#buffer.subarray(0, this.#length))
    this.#length = 0
  }
}
