/**
 * Kills a running command at a moment drawn from a seed. The seed is printed; give it back in
 * MLSTORE_TEST_SEED to draw the same moments again, and more of them with MLSTORE_TEST_KILLS.
 */

import type { TestContext } from 'node:test'

import { type Command, outcomeOf } from '../support/command.ts'
import { seededNumbers } from '../support/seeded-data.ts'

/** A run is cut at one moment a point; the points are spread over its whole length. */
export class RandomKills {
  readonly points: number
  readonly #random: () => number
  #startSeconds = 0
  #fullSeconds = 0

  constructor(context: TestContext, points: number) {
    const seed = process.env['MLSTORE_TEST_SEED'] ?? String(process.hrtime.bigint())
    this.points = Number(process.env['MLSTORE_TEST_KILLS'] ?? points)
    this.#random = seededNumbers(seed)
    context.diagnostic(`MLSTORE_TEST_SEED=${seed} MLSTORE_TEST_KILLS=${this.points}`)
  }

  /** Learns how long the command takes to start and to do all its work. */
  async learn(command: Command, args: readonly string[]): Promise<void> {
    this.#startSeconds = (await command.run('--version')).seconds
    this.#fullSeconds = (await command.run(...args)).seconds
  }

  /**
   * Starts the command and kills it, with no chance to tidy up, at the moment of this point.
   *
   * @returns Whether it was cut short; it may have ended by itself before.
   */
  async kill(command: Command, args: readonly string[], point: number): Promise<boolean> {
    const child = command.start(args)
    const timer = setTimeout(() => child.kill('SIGKILL'), this.#delayMs(point))
    const { code, seconds } = await outcomeOf(child)
    clearTimeout(timer)
    // The machine's speed changes while others use it: a run that ended by itself is the measure.
    if (code !== null) this.#fullSeconds = seconds
    return code === null
  }

  /** Drawn from the point's own slice of the run, so that no part is left out by chance. */
  #delayMs(point: number): number {
    const share = (point + this.#random()) / this.points
    const work = Math.max(this.#fullSeconds - this.#startSeconds, 0.02)
    return 1000 * (this.#startSeconds * 0.7 + share * work * 1.1)
  }
}
