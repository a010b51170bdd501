/** Where the user's own settings are: outside of every repository. */

import { isAbsolute, join, resolve } from 'node:path'

import type { Environment } from '../environment.ts'

/** What of the environment decides. */
export type Surroundings = Pick<Environment, 'env' | 'cwd'>

/**
 * The folder of mlstore's settings: `$MLSTORE_CONFIG_DIR`, else `mlstore` in
 * `$XDG_CONFIG_HOME` or `~/.config`, on Windows in `%APPDATA%`.
 *
 * @returns `undefined` where nothing says where the user's files are, as in some containers.
 */
export function configFolder(
  { env, cwd }: Surroundings,
  platform: NodeJS.Platform = process.platform,
): string | undefined {
  const own = env['MLSTORE_CONFIG_DIR']
  if (own) return resolve(cwd, own)
  const appData = env['APPDATA']
  if (platform === 'win32' && appData) return join(appData, 'mlstore')
  const shared = env['XDG_CONFIG_HOME']
  // The XDG specification: a relative path counts as none.
  if (shared && isAbsolute(shared)) return join(shared, 'mlstore')
  const home = homeFolder({ env })
  return home && join(home, '.config', 'mlstore')
}

/** The user's home; `undefined` where nobody says. */
export function homeFolder({ env }: Pick<Surroundings, 'env'>): string | undefined {
  return env['HOME'] || env['USERPROFILE'] || undefined
}
