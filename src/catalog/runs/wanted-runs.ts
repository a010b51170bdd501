/**
 * Params or metrics of many runs in one query, put together by run.
 *
 * A list of runs shows thousands of them at once, so a row names its run by its place in the list
 * that was asked about and not by its id, and sorting is left to where there are few of each.
 */

/** A row of a query that begins with `wantedRuns`. */
export type WantedRow = {
  /** Of the run in the list. */
  readonly place: number
  /** Of the param or the metric. */
  readonly name: string
}

/** SQL for the runs of a JSON list of ids, which is the only parameter: `wanted.key AS place`. */
export const wantedRuns = `json_each(?) AS wanted
  CROSS JOIN run ON run.id = unhex(wanted.value)`

/** By run, then by name; a run without rows is not in the map. */
export function byRunAndName<Row extends WantedRow, Value>(
  runs: readonly string[],
  rows: readonly Row[],
  valueOf: (row: Row) => Value,
): Map<string, ReadonlyMap<string, Value>> {
  const ofPlace = new Map<number, Row[]>()
  for (const row of rows) {
    const known = ofPlace.get(row.place)
    if (known === undefined) ofPlace.set(row.place, [row])
    else known.push(row)
  }
  const found = runs.flatMap((run, place) => {
    const its = ofPlace
      .get(place)
      ?.sort(byName)
      .map((row) => [row.name, valueOf(row)] as const)
    return its === undefined ? [] : [[run, new Map(its)] as const]
  })
  return new Map(found)
}

function byName(a: WantedRow, b: WantedRow): number {
  return a.name < b.name ? -1 : Number(a.name > b.name)
}
