/**
 * What the test server does wrong, and when: a list of faults, each for the requests it names.
 *
 * A fault that was never met makes its test prove nothing, so `unmet` lists those for the test
 * to assert on.
 */

export type Fault =
  /** Answered with an error; nothing is done. */
  | {
      readonly kind: 'answer'
      readonly status: number
      /** No code: an answer without a body, as a proxy gives it. */
      readonly code?: string
      readonly headers?: Readonly<Record<string, string>>
      /** Further elements of the error document. */
      readonly elements?: Readonly<Record<string, string>>
    }
  /** A page that is not of S3, as from a login portal. */
  | { readonly kind: 'page'; readonly status: number; readonly html: string }
  /** The connection is cut before anything is done. */
  | { readonly kind: 'cut before' }
  /** Everything is done, then the connection is cut instead of the answer. */
  | { readonly kind: 'cut after' }
  /** Nothing is done until long after the connection was cut: when the test calls `late`. */
  | { readonly kind: 'apply late' }
  /** Done and answered, but only after the gate opens. */
  | { readonly kind: 'wait'; readonly gate: Promise<void> }
  /** The body of the answer ends early: the connection is cut there. */
  | { readonly kind: 'cut body'; readonly atByte: number }
  /** The body of the answer stops there and the connection stays. */
  | { readonly kind: 'stall body'; readonly atByte: number }
  | { readonly kind: 'flip bit'; readonly atByte: number }
  /** Another range than the one asked for, and said so. */
  | { readonly kind: 'shift range' }
  /** The range is not looked at. */
  | { readonly kind: 'ignore range' }
  /** A listing that claims more pages but gives no token. */
  | { readonly kind: 'lose token' }

export type S3Operation = 'GET' | 'HEAD' | 'PUT' | 'DELETE' | 'LIST'

export type FaultRule = {
  readonly fault: Fault
  /** Default: any operation. */
  readonly on?: S3Operation
  /** Default: any key, and listings. */
  readonly key?: string | RegExp
  /** Matching requests that go well before the first that does not. Default: 0. */
  readonly after?: number
  /** How many requests it befalls. Default: 1. */
  readonly times?: number
}

type RuleState = { readonly rule: FaultRule; seen: number }

export class FaultSchedule {
  #rules: RuleState[] = []

  add(...rules: readonly FaultRule[]): void {
    this.#rules.push(...rules.map((rule) => ({ rule, seen: 0 })))
  }

  clear(): void {
    this.#rules = []
  }

  /** Faults that have not happened as often as they were to. */
  get unmet(): readonly FaultRule[] {
    const isUnmet = ({ rule, seen }: RuleState): boolean => {
      const { after = 0, times = 1 } = rule
      return times !== Infinity && seen < after + times
    }
    return this.#rules.filter(isUnmet).map((state) => state.rule)
  }

  /** The fault for a request, if one is due. */
  next(operation: S3Operation, key: string): Fault | undefined {
    for (const state of this.#rules) {
      if (!matches(state.rule, operation, key)) continue
      const { after = 0, times = 1, fault } = state.rule
      if (state.seen >= after + times) continue
      state.seen += 1
      if (state.seen > after) return fault
    }
    return undefined
  }
}

function matches(rule: FaultRule, operation: S3Operation, key: string): boolean {
  if (rule.on !== undefined && rule.on !== operation) return false
  if (rule.key === undefined) return true
  return typeof rule.key === 'string' ? rule.key === key : rule.key.test(key)
}
