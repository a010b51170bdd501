/** Colour, where it can be seen: on a terminal, unless `NO_COLOR` asks for none. */

import { styleText } from 'node:util'

export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan'

/** Gives text a style, or leaves it alone. */
export type Paint = (style: Style, text: string) => string

export const plain: Paint = (_style, text) => text

/** Whether to colour is decided by `paintFor`, not by what the process's own stdout is. */
const coloured: Paint = (style, text) => styleText(style, text, { validateStream: false })

type Surroundings = {
  readonly isTerminal: boolean
  readonly env: Readonly<Record<string, string | undefined>>
}

/** The paint for a stream. */
export function paintFor({ isTerminal, env }: Surroundings): Paint {
  const refused = (env['NO_COLOR'] ?? '') !== '' || env['TERM'] === 'dumb'
  return isTerminal && !refused ? coloured : plain
}
