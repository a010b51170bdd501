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

/** One memory with the gear table, room for a window of file bytes, and the code bound to it. */
export type GearMemory = {
  readonly bytes: Uint8Array
  /** Offset in `bytes` at which the window starts. */
  readonly windowStart: number
  readonly cutPoint: CutPoint
}

type WasmModule = object
type WasmMemory = { readonly buffer: ArrayBuffer }
type WasmInstance = { readonly exports: { readonly cutPoint: CutPoint } }

/** The part of the WebAssembly API that is used here; the types of Node have none of it. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => WasmModule
  readonly Memory: new (pages: { initial: number; maximum: number }) => WasmMemory
  readonly Instance: new (module: WasmModule, imports: WasmImports) => WasmInstance
}
type WasmImports = { readonly env: { readonly memory: WasmMemory } }

const pageBytes = 65536

type Compiled = { readonly module: WasmModule; readonly table: Uint8Array }

let compiled: Compiled | undefined

/** Makes a memory whose window holds `windowBytes`. Costs some 50 µs. */
export function openGearMemory(windowBytes: number): GearMemory {
  compiled ??= compile()
  const pages = Math.ceil((gearTableBytes + windowBytes) / pageBytes)
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages })
  const { exports } = new WebAssembly.Instance(compiled.module, { env: { memory } })
  const bytes = new Uint8Array(memory.buffer, 0, gearTableBytes + windowBytes)
  bytes.set(compiled.table)
  return { bytes, windowStart: gearTableBytes, cutPoint: exports.cutPoint }
}

function compile(): Compiled {
  const module = new WebAssembly.Module(Buffer.from(gearWasmBase64, 'base64'))
  return { module, table: gearTable() }
}
