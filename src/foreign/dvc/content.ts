/**
 * Content by its md5, from DVC's cache or a copy of it elsewhere, checked while it is read.
 *
 * DVC 3 keeps it at `files/md5/ab/cdef…`, older ones at `ab/cdef…`. The md5 of a folder is that of
 * a JSON list of its files, which lies beside them with `.dir` at its end.
 */

import { createHash, type Hash } from 'node:crypto'
import { createReadStream, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'

import { corrupt, digestMismatch } from '../../errors.ts'
import { isFile } from '../files.ts'
import { isYamlObject } from '../yaml.ts'

/** What a piece of content is to be. */
export type ContentName = {
  /** Of its bytes, in hex; that of a folder's list too. */
  readonly md5: string
  readonly isFolder?: boolean | undefined
  /** DVC 2 and older took the md5 of text as if its lines ended with a newline alone. */
  readonly isLegacy: boolean
}

/** Bytes to be read once; they fail with `DIGEST_MISMATCH` if they are not those of the md5. */
export type CheckedBytes = Uint8Array | AsyncIterable<Uint8Array>

/** Files up to this size are read at once. */
const smallFileBytesMax = 64 * 1024
const blockBytes = 1024 * 1024

/** Where a piece of content may be, below the root of a cache or a remote. */
export function contentKeys({ md5, isFolder = false, isLegacy }: ContentName): readonly string[] {
  const rest = `${md5.slice(0, 2)}/${md5.slice(2)}${isFolder ? '.dir' : ''}`
  return isLegacy ? [rest, `files/md5/${rest}`] : [`files/md5/${rest}`, rest]
}

/** The content in a folder laid out as DVC's cache is; `undefined` if it is not there. */
export function openCached(folder: string, name: ContentName): CheckedBytes | undefined {
  const path = contentKeys(name)
    .map((key) => join(folder, key))
    .find(isFile)
  return path === undefined ? undefined : openChecked(path, name)
}

/** A file that is to be the content. */
export function openChecked(path: string, name: ContentName): CheckedBytes {
  if (statSync(path).size > smallFileBytesMax) {
    return checked(createReadStream(path, { highWaterMark: blockBytes }), path, name)
  }
  const bytes = readFileSync(path)
  const check = new Md5Check(name)
  check.update(bytes)
  check.end(path)
  return bytes
}

/** The same bytes; fails at their end if the md5 is not theirs. */
export async function* checked(
  bytes: AsyncIterable<Uint8Array>,
  where: string,
  name: ContentName,
): AsyncGenerator<Uint8Array> {
  const check = new Md5Check(name)
  for await (const piece of bytes) {
    check.update(piece)
    yield piece
  }
  check.end(where)
}

class Md5Check {
  readonly #expected: string
  readonly #plain: Hash = createHash('md5')
  readonly #asText: TextHash | undefined

  constructor({ md5, isLegacy }: ContentName) {
    this.#expected = md5
    this.#asText = isLegacy ? new TextHash() : undefined
  }

  update(piece: Uint8Array): void {
    this.#plain.update(piece)
    this.#asText?.update(piece)
  }

  /** @throws {MlstoreError} `DIGEST_MISMATCH` */
  end(where: string): void {
    const actual = this.#plain.digest('hex')
    if (actual === this.#expected || this.#asText?.digest() === this.#expected) return
    throw digestMismatch(where, `md5 ${this.#expected}`, `md5 ${actual}`)
  }
}

/** The md5 as DVC 2 took it of text: a carriage return in front of a newline does not count. */
class TextHash {
  readonly #hash: Hash = createHash('md5')
  #heldReturn = false

  update(piece: Uint8Array): void {
    if (piece.length === 0) return
    const text = Buffer.from(piece.buffer, piece.byteOffset, piece.length)
    if (!this.#heldReturn && !text.includes(returnByte)) {
      this.#hash.update(text)
      return
    }
    const whole = (this.#heldReturn ? '\r' : '') + text.toString('latin1')
    this.#heldReturn = whole.endsWith('\r')
    const ready = this.#heldReturn ? whole.slice(0, -1) : whole
    this.#hash.update(ready.replaceAll('\r\n', '\n'), 'latin1')
  }

  digest(): string {
    if (this.#heldReturn) this.#hash.update('\r')
    return this.#hash.digest('hex')
  }
}

const returnByte = 13

export type FolderEntry = { readonly path: string; readonly md5: string }

/** @throws {MlstoreError} `CORRUPT` if the bytes are no list of files. */
export function readFolderList(bytes: Uint8Array, where: string): FolderEntry[] {
  const said = parsed(bytes, where)
  if (!Array.isArray(said)) throw corrupt(where, 'it is no list')
  return said.map((entry: unknown) => {
    const { md5, relpath } = isYamlObject(entry) ? entry : {}
    const isWhole = typeof md5 === 'string' && typeof relpath === 'string'
    if (isWhole && /^[0-9a-f]{32}$/.test(md5)) return { path: relpath, md5 }
    throw corrupt(where, 'an entry has no path or no md5')
  })
}

function parsed(bytes: Uint8Array, where: string): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'))
  } catch (error) {
    throw corrupt(where, 'it is not JSON', error)
  }
}
