/**
 * Signals that ask the process to stop.
 *
 * The first Ctrl-C asks the command to stop between two steps; the second one does not ask. While
 * somebody has taken them over, as a command that runs a program for the user, they are theirs.
 */

/** What is passed on; `SIGHUP` only while taken over, as it ends Node by itself otherwise. */
const names = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

export type StopSignal = (typeof names)[number]
export type SignalTaker = (name: StopSignal) => void

/** The part of `process` that signals come from. */
export type SignalSource = {
  on(name: StopSignal, listener: SignalTaker): unknown
  off(name: StopSignal, listener: SignalTaker): unknown
}

export class Interruption {
  readonly #controller = new AbortController()
  readonly #source: SignalSource
  readonly #stopAtOnce: () => void
  #taker: SignalTaker | undefined

  /** @param stopAtOnce Ends the process: for the second Ctrl-C. */
  constructor(source: SignalSource, stopAtOnce: () => void) {
    this.#source = source
    this.#stopAtOnce = stopAtOnce
    source.on('SIGINT', (name) => this.#arrived(name))
    source.on('SIGTERM', (name) => this.#arrived(name))
  }

  /** Raised by the first Ctrl-C. */
  get signal(): AbortSignal {
    return this.#controller.signal
  }

  /** From now until it is disposed of, `taker` gets every signal and nobody else does. */
  take(taker: SignalTaker): Disposable {
    this.#taker = taker
    const hangUp = (name: StopSignal): void => taker(name)
    this.#source.on('SIGHUP', hangUp)
    return {
      [Symbol.dispose]: () => {
        this.#taker = undefined
        this.#source.off('SIGHUP', hangUp)
      },
    }
  }

  #arrived(name: StopSignal): void {
    if (this.#taker !== undefined) this.#taker(name)
    else if (this.signal.aborted) this.#stopAtOnce()
    else this.#controller.abort()
  }
}
