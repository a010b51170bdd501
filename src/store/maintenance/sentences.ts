/** Joins what errors and checks say into whole sentences. */

/** Each text ends with a full stop; empty ones are left out. */
export function sentences(...texts: readonly (string | undefined)[]): string {
  const said = texts.filter((text): text is string => text !== undefined && text !== '')
  return said.map((text) => (/[.!?]$/.test(text) ? text : `${text}.`)).join(' ')
}
