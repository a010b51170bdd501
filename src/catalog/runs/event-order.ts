/** SQL for the order of events, (lamport, id), between events that are named by their keys. */

/** Whether event `a` comes after event `b`; also if there is no `b`. Both are SQL. */
export function comesLater(a: string, b: string): string {
  return `(${b} IS NULL OR ${placeOf(a)} > ${placeOf(b)})`
}

/** Whether event `a` comes before event `b`; also if there is no `b`. Both are SQL. */
export function comesEarlier(a: string, b: string): string {
  return `(${b} IS NULL OR ${placeOf(a)} < ${placeOf(b)})`
}

function placeOf(event: string): string {
  return `(SELECT lamport, id FROM event WHERE event.key = ${event})`
}
