/** Lists of `{key, value}`: tags and params as MLflow's messages have them. */

import type { Pair } from './limits.ts'
import type { Message } from './message.ts'

/** As text; a key or a value that is not there is empty. */
export function pairsOf(message: Message, name: string): Pair[] {
  return message.messages(name).map((each) => ({
    key: each.text('key') ?? '',
    value: each.text('value') ?? '',
  }))
}
