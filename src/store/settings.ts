/** `config get`, `set` and `list`. */

import type { StoreParts } from './parts.ts'
import { writeConfig } from './remotes.ts'

/** The value, or `null` where none is set. */
export function getConfig(parts: StoreParts, key: string): string | null {
  return parts.config().setting(key) ?? null
}

export async function setConfig(parts: StoreParts, key: string, value: string): Promise<void> {
  await parts.write(() => writeConfig(parts, parts.config().withSetting(key, value)))
}

export function listConfig(parts: StoreParts): Readonly<Record<string, string>> {
  return parts.config().settings()
}
