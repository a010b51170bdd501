/** Params as events: as many as fit into one together. */

import type { RunParamsFields } from '../events/run-event.ts'

/** Of the params of one event, as they are in memory. */
const charactersMax = 64 * 1024

/** What events say that give a run these params. */
export function paramFields(run: string, params: ReadonlyMap<string, string>): RunParamsFields[] {
  const groups: [key: string, value: string][][] = []
  let room = 0
  for (const [key, value] of params) {
    const characters = key.length + value.length
    if (characters > room || groups.length === 0) {
      groups.push([])
      room = charactersMax
    }
    groups.at(-1)?.push([key, value])
    room -= characters
  }
  return groups.map((group) => ({ type: 'run.params', run, params: Object.fromEntries(group) }))
}
