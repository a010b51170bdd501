/**
 * The chunker with other constants: the same AssemblyScript as the product's, compiled against a
 * `parameters.ts` that says something else.
 */

import { execFile } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

import { gearTable } from '../../../src/core/chunking/gear-table.ts'
import * as formatParameters from '../../../src/core/chunking/parameters.ts'

const execFileAsync = promisify(execFile)

/** Sizes in bytes, masks in bits. */
export type Parameters = {
  readonly minBytes: number
  readonly targetBytes: number
  readonly maxBytes: number
  readonly strictBits: number
  readonly looseBits: number
}

/** What `src/core/chunking/parameters.ts` says. */
export const parametersInUse: Parameters = {
  minBytes: formatParameters.chunkSizeBytesMin,
  targetBytes: formatParameters.chunkSizeBytesTarget,
  maxBytes: formatParameters.chunkSizeBytesMax,
  strictBits: formatParameters.strictMaskBits,
  looseBits: formatParameters.looseMaskBits,
}

/** Cuts a file in memory into views of it. */
export type Cutter = (file: Uint8Array) => Generator<Uint8Array>

/** `16/64/256`: sizes in KiB; level 2: masks 2 bits stricter below the target, 2 looser above. */
export function normalised(sizesKiB: string, level: number): Parameters {
  const [minKiB = 0, targetKiB = 0, maxKiB = 0] = sizesKiB.split('/').map(Number)
  const targetBits = Math.log2(targetKiB) + 10
  return {
    minBytes: minKiB * 1024,
    targetBytes: targetKiB * 1024,
    maxBytes: maxKiB * 1024,
    strictBits: targetBits + level,
    looseBits: targetBits - level,
  }
}

/** The part of the WebAssembly API that is used here; the types of Node have none of it. */
declare const WebAssembly: {
  readonly Memory: new (pages: { initial: number }) => { readonly buffer: ArrayBuffer }
  readonly Module: new (bytes: Uint8Array) => object
  readonly Instance: new (
    module: object,
    imports: { readonly env: { readonly memory: object } },
  ) => { readonly exports: { readonly cutPoint: (start: number, end: number) => number } }
}

const root = fileURLToPath(new URL('../../../', import.meta.url))
const assembly = join(root, 'src/core/chunking/assembly/gear.ts')
const compiler = join(root, 'node_modules/assemblyscript/bin/asc.js')
const pageBytes = 65536

export async function openCutter(parameters: Parameters): Promise<Cutter> {
  const table = gearTable()
  const windowStart = table.length
  const pages = Math.ceil((windowStart + parameters.maxBytes) / pageBytes)
  const memory = new WebAssembly.Memory({ initial: pages })
  const module = new WebAssembly.Module(await compile(parameters))
  const { exports } = new WebAssembly.Instance(module, { env: { memory } })
  const bytes = new Uint8Array(memory.buffer)
  bytes.set(table)
  return function* cut(file) {
    for (let at = 0; at < file.length;) {
      // With the maximum ahead, or the end of the file, the cut is final.
      const ahead = file.subarray(at, at + parameters.maxBytes)
      bytes.set(ahead, windowStart)
      const sizeBytes = exports.cutPoint(windowStart, windowStart + ahead.length) - windowStart
      yield file.subarray(at, at + sizeBytes)
      at += sizeBytes
    }
  }
}

/** In a process of its own: the compiler is megabytes of code that tsx would transform first. */
async function compile(parameters: Parameters): Promise<Uint8Array> {
  const folder = mkdtempSync(join(tmpdir(), 'mlstore-gear-'))
  try {
    mkdirSync(join(folder, 'assembly'))
    copyFileSync(assembly, join(folder, 'assembly', 'gear.ts'))
    writeFileSync(join(folder, 'parameters.ts'), sourceOf(parameters))
    const options = ['-O3', '--noAssert', '--runtime', 'stub', '--importMemory']
    const files = ['assembly/gear.ts', '--outFile', 'gear.wasm']
    await execFileAsync(process.execPath, [compiler, ...files, ...options], { cwd: folder })
    return readFileSync(join(folder, 'gear.wasm'))
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function sourceOf(parameters: Parameters): string {
  return `
export const chunkSizeBytesMin = ${parameters.minBytes}
export const chunkSizeBytesTarget = ${parameters.targetBytes}
export const chunkSizeBytesMax = ${parameters.maxBytes}
export const strictMaskBits = ${parameters.strictBits}
export const looseMaskBits = ${parameters.looseBits}
`
}
