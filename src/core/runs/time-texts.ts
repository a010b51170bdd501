/**
 * Times of many points as text, at a fraction of what `Date` takes for each.
 *
 * Neighbouring points are of one second nearly always, so its text is kept while it lasts.
 */

/** The last moment that `Date` knows; the first is as far on the other side of 1970. */
const timeMax = 8.64e15

const endings: readonly string[] = Array.from({ length: 1000 }, (_, milliseconds) => {
  return `${String(milliseconds).padStart(3, '0')}Z`
})

/** Writes times one after the other. */
export class TimeTexts {
  #second = Number.NaN
  #beginning = ''

  /**
   * The text that `Date.toISOString` gives.
   *
   * @param milliseconds Since 1970, whole. Of what no calendar has, the nearest time is written
   * that one has.
   */
  of(milliseconds: number): string {
    const time = Math.max(-timeMax, Math.min(timeMax, milliseconds))
    const second = Math.floor(time / 1000)
    if (second !== this.#second) {
      this.#second = second
      this.#beginning = new Date(second * 1000).toISOString().slice(0, -'000Z'.length)
    }
    return `${this.#beginning}${endings[time - second * 1000] ?? ''}`
  }
}
