/** Times as the tables of runs hold them: milliseconds since 1970. */

/** @param time UTC, as an event holds it. */
export function millisecondsOf(time: string): number {
  return Date.parse(time)
}

/** The text that `millisecondsOf` was given. */
export function timeOf(milliseconds: number): string {
  return new Date(milliseconds).toISOString()
}

export function timeOfOrNull(milliseconds: number | null): string | null {
  return milliseconds === null ? null : timeOf(milliseconds)
}
