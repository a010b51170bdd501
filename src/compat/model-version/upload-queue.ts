/**
 * Uploads one after the other, in the order of the calls, so that the later of two to one attribute
 * wins; whoever wants to waits for his own.
 *
 * What fails in the background is remembered until the attribute is uploaded again or deleted:
 * `settle` tells of it, and nothing is sealed meanwhile.
 */

import { isAtOrBelow } from '../../core/model-versions/attribute-paths.ts'
import { isMlstoreError, MlstoreError } from '../../errors.ts'

export class UploadQueue {
  #last: Promise<void> = Promise.resolve()
  /** By attribute path. */
  readonly #failures = new Map<string, unknown>()

  /** Does the work when all before it is done; what it fails with is the caller's. */
  run(work: () => Promise<void>): Promise<void> {
    const done = after(this.#last, work)
    this.#last = quietly(done)
    return done
  }

  /** The same in the background. */
  add(path: string, work: () => Promise<void>): void {
    this.#last = this.#noting(path, this.run(work))
  }

  /** Waits until what was added before is done, well or not. */
  wait(): Promise<void> {
    return this.#last
  }

  /** What failed at a path, or below it, need not be uploaded any more. @returns Whether any had. */
  forget(path: string): boolean {
    const failed = [...this.#failures.keys()].filter((each) => isAtOrBelow(path, each))
    for (const each of failed) this.#failures.delete(each)
    return failed.length > 0
  }

  /**
   * Waits, and tells of uploads that failed.
   *
   * @throws {MlstoreError} With the code of the first; `details.attributes` lists all.
   */
  async settle(): Promise<void> {
    await this.wait()
    const [first, ...others] = this.#failures
    if (first === undefined) return
    const [path, error] = first
    if (!isMlstoreError(error)) throw error
    const more = others.length === 0 ? '' : ` (and ${others.length} more)`
    throw new MlstoreError(error.code, `${path} was not uploaded${more}: ${error.message}`, {
      cause: error,
      hint: 'Upload it again, or delete the attribute; nothing was sealed.',
      details: { ...error.details, attributes: [...this.#failures.keys()] },
    })
  }

  async #noting(path: string, upload: Promise<void>): Promise<void> {
    try {
      await upload
      this.#failures.delete(path)
    } catch (error) {
      this.#failures.set(path, error)
    }
  }
}

async function after(last: Promise<void>, work: () => Promise<void>): Promise<void> {
  await last
  await work()
}

/** For those who come after it: how it ended is told to whoever asked for it. */
async function quietly(work: Promise<void>): Promise<void> {
  await Promise.allSettled([work])
}
