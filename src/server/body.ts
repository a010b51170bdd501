/** Bodies of requests: read whole up to a limit, and no further. */

import type { IncomingMessage } from 'node:http'

/** A body longer than what the endpoint takes. */
export class BodyTooLong extends Error {
  override readonly name = 'BodyTooLong'
  readonly limitBytes: number

  constructor(limitBytes: number) {
    super(`The request is longer than ${limitBytes} bytes.`)
    this.limitBytes = limitBytes
  }
}

/** @throws {BodyTooLong} As soon as that is known; the rest is not read. */
export async function readBody(request: IncomingMessage, limitBytes: number): Promise<Buffer> {
  const announced = Number(request.headers['content-length'] ?? 0)
  if (announced > limitBytes) throw new BodyTooLong(limitBytes)
  const chunks: Buffer[] = []
  let sizeBytes = 0
  for await (const chunk of request) {
    if (!Buffer.isBuffer(chunk)) continue
    sizeBytes += chunk.length
    if (sizeBytes > limitBytes) throw new BodyTooLong(limitBytes)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
