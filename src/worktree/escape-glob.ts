/** Paths as gitignore syntax writes them; apart from the rules, which few commands need. */

/** Writes a path so that gitignore syntax reads it as just that path. */
export function escapeGlob(path: string): string {
  return path
    .replaceAll(/[\\*?[\]]/g, String.raw`\$&`)
    .replaceAll(/[\n\r]/g, '?')
    .replace(/ +$/, (spaces) => String.raw`\ `.repeat(spaces.length))
}
