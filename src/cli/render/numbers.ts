/** Numbers within a series as text. */

import type { NumberedSubject, NumberResult } from '../../store/number-results.ts'
import { visible } from '../../core/visible-text.ts'

/** One number: `TES-TEST-101 is model/resnet@v12 (provisional until it is pushed)`. */
export function renderNumbered(numbered: NumberedSubject): string {
  const state = numbered.provisional ? ' (provisional until it is pushed)' : ''
  return `${nameOf(numbered)} is ${subjectOf(numbered)}${state}`
}

/** The same, with what is to come and what was before. */
export function renderNumber(numbered: NumberResult): string {
  const { taken, number, history } = numbered
  const before = history.map((each) => each.number).filter((each) => each !== number)
  const past = before.length === 0 ? '' : `; it was ${before.join(', then ')} before`
  if (!taken) return renderNumbered(numbered) + past
  return `${nameOf(numbered)} was ${subjectOf(numbered)}, and somebody else pushed it first: the next push finds another${past}`
}

export function renderNumbers(numbers: readonly NumberResult[]): string {
  return numbers.map(renderNumber).join('\n')
}

function nameOf({ series, number }: NumberedSubject): string {
  return visible(`${series}-${number}`)
}

function subjectOf({ name, subject }: NumberedSubject): string {
  return visible(name ?? subject)
}
