/** `config get`, `set` and `list`. */

import { invalidArgument } from '../errors.ts'
import { knownSettings, unknownSetting } from './config.ts'
import type { StoreParts } from './parts.ts'
import { writeConfig } from './remotes.ts'

/** The value, or `null` where none is set. */
export function getConfig(parts: StoreParts, key: string): string | null {
  if (!knownSettings.has(key)) throw unknownSetting(key)
  return parts.config().setting(key) ?? null
}

export async function setConfig(parts: StoreParts, key: string, value: string): Promise<void> {
  if (isNumeric(key) && !/^[1-9]\d{0,8}$/.test(value)) {
    throw invalidArgument(`${key} takes a whole number, not ${JSON.stringify(value)}.`)
  }
  await parts.write(() => writeConfig(parts, parts.config().withSetting(key, value)))
}

export function listConfig(parts: StoreParts): Readonly<Record<string, string>> {
  return parts.config().settings()
}

function isNumeric(key: string): boolean {
  return key === 'lock.timeout-ms' || key === 'transfer.concurrency'
}
