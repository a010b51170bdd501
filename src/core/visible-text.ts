/**
 * Names from a tree, a tag or a remote are hostile: they may hold escape sequences that drive
 * a terminal, newlines that forge lines, or marks that reverse what is read. Whatever text
 * shows of them goes through here, to a pipe and into a file as well: a line stays a line.
 */

/** C0, DEL, C1, line and paragraph separators, direction and other invisible format marks. */
const unsafe = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu

const shortForms: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }

/** The text with every control and invisible character written as `\n` or `\u{1b}`. */
export function visible(text: string): string {
  return text.replaceAll(unsafe, escaped)
}

/** As `visible`, but keeps the line breaks of a message. */
export function visibleLines(text: string): string {
  return text.split('\n').map(visible).join('\n')
}

function escaped(character: string): string {
  const code = character.codePointAt(0) ?? 0
  return shortForms[character] ?? `\\u{${code.toString(16)}}`
}
