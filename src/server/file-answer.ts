/** A file as an answer: whole, in part, or not at all when the client has it. */

import { ReadableStream } from 'node:stream/web'

import type { Digest } from '../core/digest.ts'

export type FileToAnswer = {
  /** Verified bytes from the first on; opened only if they are sent. */
  readonly content: () => AsyncIterable<Uint8Array>
  readonly name: string
  readonly type: string
  readonly sizeBytes: number
  readonly digest: Digest
  /** Headers of the request. */
  readonly range: string | undefined
  readonly ifNoneMatch: string | undefined
}

type Part = { readonly start: number; readonly end: number }

/** Never shown by a browser: what training code logs may be a page with a script. */
export function answerFile(file: FileToAnswer): Response {
  const etag = `"${file.digest}"`
  const headers: Record<string, string> = {
    etag,
    'accept-ranges': 'bytes',
    'content-type': file.type,
    'content-disposition': `attachment; filename*=UTF-8''${encodeName(file.name)}`,
    'content-security-policy': "default-src 'none'; sandbox",
    'x-content-type-options': 'nosniff',
  }
  if (isKnown(file.ifNoneMatch, etag)) return new Response(null, { status: 304, headers })
  const part = partOf(file.range, file.sizeBytes)
  if (part === 'unsatisfiable') {
    headers['content-range'] = `bytes */${file.sizeBytes}`
    return new Response(null, { status: 416, headers })
  }
  const { start, end } = part ?? { start: 0, end: file.sizeBytes }
  headers['content-length'] = String(end - start)
  if (part !== undefined) {
    headers['content-range'] = `bytes ${start}-${end - 1}/${file.sizeBytes}`
  }
  const body = ReadableStream.from(cut(file.content(), start, end))
  return new Response(body, { status: part === undefined ? 200 : 206, headers })
}

/** One range of bytes; several, and what is no range, are answered with the whole file. */
function partOf(header: string | undefined, sizeBytes: number): Part | 'unsatisfiable' | undefined {
  const [, first = '', last = ''] = /^bytes=(\d*)-(\d*)$/.exec(header ?? '') ?? []
  if (first === '' && last === '') return undefined
  const start = first === '' ? Math.max(0, sizeBytes - Number(last)) : Number(first)
  const end = first === '' || last === '' ? sizeBytes : Math.min(Number(last) + 1, sizeBytes)
  if (start < end) return { start, end }
  return start >= sizeBytes ? 'unsatisfiable' : undefined
}

/** The bytes from `start` to `end`; what comes after them is not read. */
async function* cut(
  content: AsyncIterable<Uint8Array>,
  start: number,
  end: number,
): AsyncGenerator<Uint8Array> {
  let at = 0
  for await (const piece of content) {
    const from = Math.max(0, start - at)
    const to = Math.min(piece.length, end - at)
    if (from < to) yield piece.subarray(from, to)
    at += piece.length
    if (at >= end) return
  }
}

function isKnown(header: string | undefined, etag: string): boolean {
  const known = (header ?? '').split(',').map((each) => each.trim().replace(/^W\//, ''))
  return known.includes(etag) || known.includes('*')
}

/** As RFC 5987 wants it. */
function encodeName(name: string): string {
  return encodeURIComponent(name.toWellFormed()).replaceAll(
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}
