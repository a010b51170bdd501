/**
 * The WebAssembly side of the chunker: compiled once a process, instantiated for each memory.
 *
 * Compiling the few hundred bytes is synchronous and happens at first use, so a command that never
 * cuts a file does not pay for it. A memory is made at its full size and never grows: its views
 * stay valid.
 */

import { gearTable } from './gear-table.ts'
import { gearWasmBase64 } from './gear-wasm.ts'
import { gearTableBytes } from './parameters.ts'

/** End of the chunk that starts at `start` in a file that goes on to `end`: offsets in memory. */
export type CutPoint = (start: number, end: number) => number

/** Room for bytes of files, in a memory of its own, and the code bound to that memory. */
export type GearMemory = {
  /** Shared: other threads may read it. Behind the gear table, so it does not start at offset 0. */
  readonly bytes: Uint8Array
  readonly cutPoint: CutPoint
}

type WasmModule = object
type WasmMemory = { readonly buffer: SharedArrayBuffer }
type WasmInstance = { readonly exports: { readonly cutPoint: CutPoint } }

/** The part of the WebAssembly API that is used here; the types of Node have none of it. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => WasmModule
  readonly Memory: new (pages: WasmPages) => WasmMemory
  readonly Instance: new (module: WasmModule, imports: WasmImports) => WasmInstance
}
type WasmPages = { readonly initial: number; readonly maximum: number; readonly shared: true }
type WasmImports = { readonly env: { readonly memory: WasmMemory } }

const pageBytes = 65536

type Compiled = { readonly module: WasmModule; readonly table: Uint8Array }

let compiled: Compiled | undefined

/** Makes a memory with room for `sizeBytes` of files. Costs some 50 µs. */
export function openGearMemory(sizeBytes: number): GearMemory {
  compiled ??= compile()
  const pages = Math.ceil((gearTableBytes + sizeBytes) / pageBytes)
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true })
  const { exports } = new WebAssembly.Instance(compiled.module, { env: { memory } })
  new Uint8Array(memory.buffer).set(compiled.table)
  const bytes = new Uint8Array(memory.buffer, gearTableBytes, sizeBytes)
  return { bytes, cutPoint: exports.cutPoint }
}

function compile(): Compiled {
  const module = new WebAssembly.Module(Buffer.from(gearWasmBase64, 'base64'))
  return { module, table: gearTable() }
}
