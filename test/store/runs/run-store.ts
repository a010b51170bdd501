/** A store to log into, whose writing a test can hold up and break. */

import type { TestContext } from 'node:test'

import { MlstoreError } from '../../../src/errors.ts'
import { NodeFileSystem } from '../../../src/objects/node-file-system.ts'
import { silentProgress } from '../../../src/ports/progress.ts'
import { OpenedParts } from '../../../src/store/opened-parts.ts'
import type { StoreParts } from '../../../src/store/parts.ts'
import type { LoggingOptions } from '../../../src/store/runs/requests.ts'
import type { Run } from '../../../src/store/runs/run.ts'
import { resumeRun } from '../../../src/store/runs/start-run.ts'
import type { Store } from '../../../src/store/store.ts'
import { type TestRepository, TurnedClock } from '../../support/store.ts'

/** The timer of the log waits until the test says that the second has passed. */
export class HeldClock extends TurnedClock {
  #passed: (() => void)[] = []

  override sleep(timeoutMs: number, signal?: AbortSignal): Promise<void> {
    if (timeoutMs < 1000) return super.sleep(timeoutMs, signal)
    return new Promise((resolve, reject) => {
      this.#passed.push(resolve)
      const stop = (): void => {
        this.#passed = this.#passed.filter((each) => each !== resolve)
        reject(new MlstoreError('INTERRUPTED', 'Interrupted.'))
      }
      signal?.addEventListener('abort', stop, { once: true })
    })
  }

  /** How many wait. */
  get waiting(): number {
    return this.#passed.length
  }

  passSecond(): void {
    for (const resolve of this.#passed.splice(0)) resolve()
  }
}

/** When writing fails: before anything happened, or after all was done. */
export type Fault = { readonly when: 'before' | 'after'; readonly error: MlstoreError }

export type Faults = {
  fault: Fault | undefined
  /** How often writing was tried. */
  tries: number
}

function makeFaulty(parts: OpenedParts): Faults {
  const faults: Faults = { fault: undefined, tries: 0 }
  const inner = parts.write
  const write: StoreParts['write'] = async (work, signal) => {
    faults.tries += 1
    const { fault } = faults
    if (fault?.when === 'before') throw fault.error
    const result = await inner(work, signal)
    if (fault !== undefined) throw fault.error
    return result
  }
  Object.assign(parts, { write })
  return faults
}

export type FaultyRun = { readonly faults: Faults; readonly clock: HeldClock; readonly run: Run }

/** The run, logged into through parts that can fail. */
export async function faultyRun(
  context: TestContext,
  repository: TestRepository,
  { run, ...options }: LoggingOptions & { readonly run: string },
): Promise<FaultyRun> {
  const clock = new HeldClock()
  const parts = new OpenedParts({
    fs: new NodeFileSystem(),
    directory: repository.store.directory,
    environment: { ...repository.environment, clock },
    cwd: repository.folder,
    progress: silentProgress,
    openRemote: () => Promise.reject(new TypeError('no remote here')),
    openExternal: () => Promise.reject(new TypeError('no bucket here')),
  })
  context.after(() => parts.close())
  await parts.loadFiles()
  parts.catchUp()
  return { faults: makeFaulty(parts), clock, run: await resumeRun(parts, run, options) }
}

/** The bytes of a file of a run, as text. */
export async function fileText(store: Store, run: string, path: string): Promise<string> {
  const chunks: Uint8Array[] = []
  for await (const chunk of store.readRunFile(run, path)) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}
