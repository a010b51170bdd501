/**
 * Writes a zip as `torch.save` does: members stored, their bytes at multiples of 64.
 *
 * The padding is an extra field `FB` of the local header, filled with `Z`.
 */

import { closeSync, openSync, writeSync } from 'node:fs'
import { crc32 } from 'node:zlib'

export type ZipMember = { readonly name: string; readonly bytes: () => Buffer }

const alignment = 64
const localHeaderBytes = 30
const centralHeaderBytes = 46
const endBytes = 22
const paddingId = 0x4246

type Written = {
  readonly name: Buffer
  readonly crc: number
  readonly sizeBytes: number
  readonly offset: number
}

export function writeStoredZip(path: string, members: Iterable<ZipMember>): void {
  const file = openSync(path, 'w')
  const written: Written[] = []
  let at = 0
  const put = (bytes: Uint8Array): void => {
    for (let done = 0; done < bytes.length;) done += writeSync(file, bytes, done)
    at += bytes.length
  }
  for (const member of members) {
    const bytes = member.bytes()
    const name = Buffer.from(member.name)
    const entry = { name, crc: crc32(bytes), sizeBytes: bytes.length, offset: at }
    put(localHeader(entry))
    put(bytes)
    written.push(entry)
  }
  const directoryStart = at
  for (const entry of written) put(centralHeader(entry))
  put(endOfDirectory(written.length, directoryStart, at - directoryStart))
  closeSync(file)
}

function localHeader(entry: Written): Buffer {
  const start = entry.offset + localHeaderBytes + entry.name.length + 4
  const paddingBytes = (alignment - (start % alignment)) % alignment
  const bytes = Buffer.alloc(start + paddingBytes - entry.offset, 'Z')
  bytes.writeUInt32LE(0x04034b50, 0)
  writeCommonFields(bytes, 4, entry)
  bytes.writeUInt16LE(4 + paddingBytes, 28)
  bytes.set(entry.name, localHeaderBytes)
  bytes.writeUInt16LE(paddingId, localHeaderBytes + entry.name.length)
  bytes.writeUInt16LE(paddingBytes, localHeaderBytes + entry.name.length + 2)
  return bytes
}

function centralHeader(entry: Written): Buffer {
  const bytes = Buffer.alloc(centralHeaderBytes + entry.name.length)
  bytes.writeUInt32LE(0x02014b50, 0)
  writeCommonFields(bytes, 6, entry)
  bytes.writeUInt32LE(entry.offset, 42)
  bytes.set(entry.name, centralHeaderBytes)
  return bytes
}

/** Version needed, flags, method 0, time and date 0, checksum, both sizes, length of the name. */
function writeCommonFields(bytes: Buffer, at: number, { name, crc, sizeBytes }: Written): void {
  bytes.fill(0, at, at + 24)
  bytes.writeUInt32LE(crc, at + 10)
  bytes.writeUInt32LE(sizeBytes, at + 14)
  bytes.writeUInt32LE(sizeBytes, at + 18)
  bytes.writeUInt16LE(name.length, at + 22)
}

function endOfDirectory(members: number, start: number, sizeBytes: number): Buffer {
  const bytes = Buffer.alloc(endBytes)
  bytes.writeUInt32LE(0x06054b50, 0)
  bytes.writeUInt16LE(members, 8)
  bytes.writeUInt16LE(members, 10)
  bytes.writeUInt32LE(sizeBytes, 12)
  bytes.writeUInt32LE(start, 16)
  return bytes
}
