/** Writes a safetensors file: length of the header, header of JSON, tensors back to back. */

import { closeSync, openSync, writeSync } from 'node:fs'

import { bytesOfType, elementCount, type Shape, type Tensor } from './weights.ts'

/** A tensor whose bytes are made when it is written, so that only one is in memory. */
export type TensorPlan = Omit<Tensor, 'bytes'> & { readonly bytes: () => Buffer }

type HeaderEntry = {
  readonly dtype: string
  readonly shape: Shape
  readonly data_offsets: readonly [number, number]
}

const headerAlignment = 8

export function writeSafetensors(path: string, tensors: readonly TensorPlan[]): void {
  const file = openSync(path, 'w')
  writeSync(file, header(tensors))
  for (const tensor of tensors) {
    const bytes = tensor.bytes()
    for (let done = 0; done < bytes.length;) done += writeSync(file, bytes, done)
  }
  closeSync(file)
}

function header(tensors: readonly TensorPlan[]): Buffer {
  const entries: Record<string, HeaderEntry | { readonly format: string }> = {
    __metadata__: { format: 'pt' },
  }
  let offset = 0
  for (const { name, dtype, shape } of tensors) {
    const end = offset + elementCount(shape) * bytesOfType[dtype]
    entries[name] = { dtype, shape, data_offsets: [offset, end] }
    offset = end
  }
  const json = Buffer.from(JSON.stringify(entries))
  const length = Math.ceil(json.length / headerAlignment) * headerAlignment
  const bytes = Buffer.alloc(8 + length, ' ')
  bytes.writeBigUInt64LE(BigInt(length), 0)
  bytes.set(json, 8)
  return bytes
}
