/** What text on a terminal shows of names and messages that others wrote. */

import { visible } from '../../core/visible-text.ts'

export { visible }

/** As `visible`, but keeps the line breaks of a message. */
export function visibleLines(text: string): string {
  return text.split('\n').map(visible).join('\n')
}
