/**
 * The text of git hooks: what mlstore adds to them, and how it is added to ones that exist.
 *
 * Our lines stand in a marked block, right after the first line, so that a hook that ends with
 * `exit` or `exec` still runs them, and so that installing twice changes nothing. They never
 * fail the hook and never read its stdin, which belongs to the rest of it.
 */

export const hookBodies = {
  'pre-push': `if command -v mlstore >/dev/null 2>&1; then
  mlstore git pre-push </dev/null || :
fi`,
  'post-checkout': `if [ "$3" = 1 ] && [ -f mlstore.lock ] && command -v mlstore >/dev/null 2>&1; then
  mlstore checkout </dev/null >/dev/null || :
fi`,
} as const

export type HookName = keyof typeof hookBodies

const blockStart = '# >>> mlstore >>>'
const blockEnd = '# <<< mlstore <<<'

/**
 * The hook with our block in it, replacing an older one.
 *
 * @param existing The hook's text; `undefined` when there is none.
 * @returns `undefined` when the hook is no shell script: nothing can be added to it.
 */
export function withHook(existing: string | undefined, name: HookName): string | undefined {
  const block = `${blockStart}\n${hookBodies[name]}\n${blockEnd}\n`
  if (existing === undefined) return `#!/bin/sh\n${block}`
  const clean = withoutBlock(existing)
  const [first = ''] = clean.split('\n', 1)
  if (!/^#!.*\b(?:sh|bash|dash|zsh)\b/.test(first)) return undefined
  return `${first}\n${block}${clean.slice(first.length + 1)}`
}

function withoutBlock(text: string): string {
  const start = text.indexOf(`${blockStart}\n`)
  const end = text.indexOf(`${blockEnd}\n`)
  if (start === -1 || end < start) return text
  return text.slice(0, start) + text.slice(end + blockEnd.length + 1)
}

/** The line of `.gitattributes` that gives the lock file its merge driver. */
export const attributesLine = 'mlstore.lock merge=mlstore-lock'

/** `.gitattributes` with our line, unless it is there. */
export function withAttributes(existing: string): string {
  if (existing.split(/\r?\n/).includes(attributesLine)) return existing
  const gap = existing === '' || existing.endsWith('\n') ? '' : '\n'
  return `${existing}${gap}${attributesLine}\n`
}
