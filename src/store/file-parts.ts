/**
 * The half of an open store that handles files: objects, durable writes, the writer lock.
 *
 * Questions that the catalog answers alone (`log`, aliases, search) need none of it, and loading
 * it takes as long as answering them. So it is loaded with the first use case that does.
 */

import { ObjectStore } from '../objects/object-store.ts'
import { SystemMachine } from '../objects/system-machine.ts'
import type { Temporaries } from '../objects/temporary.ts'
import type { Machine } from '../ports/machine.ts'
import { DurableFiles, temporariesOf } from './durable-files.ts'
import type { Environment } from './environment.ts'
import type { StoreParts } from './parts.ts'
import { Writing, type WritingOptions } from './writing.ts'

export class FileParts {
  readonly temporaries: Temporaries
  readonly files: DurableFiles
  readonly writing: Writing
  readonly machine: Machine = new SystemMachine()
  readonly #parts: StoreParts
  #objects: ObjectStore | undefined

  constructor(parts: StoreParts, environment: Environment, options: Omit<WritingOptions, 'sweep'>) {
    const { fs } = parts
    this.#parts = parts
    this.temporaries = temporariesOf(fs, environment)
    this.files = new DurableFiles({ fs, temporaries: this.temporaries })
    this.writing = new Writing(parts, { ...options, sweep: (folder) => this.files.sweep(folder) })
  }

  get objects(): ObjectStore {
    const { fs, codec, ids, layout, catalog } = this.#parts
    this.#objects ??= new ObjectStore({
      directory: layout.directory,
      fs,
      index: catalog.objects,
      codec,
      ids,
      temporaries: this.temporaries,
    })
    return this.#objects
  }

  /** Closes the files of the object store, which is made again when it is next asked for. */
  close(): void {
    this.#objects?.close()
    this.#objects = undefined
  }
}
