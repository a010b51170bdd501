/** `mlstore` as scripts call it: by its name. */

import { mkdirSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'

import { launcher } from './command.ts'

/** Makes the program in a new folder below `folder`; answers a PATH that begins with it. */
export function pathWithProgram(folder: string): string {
  const bin = join(folder, 'bin')
  mkdirSync(bin)
  const script = `#!/bin/sh\nexec '${process.execPath}' '${launcher}' "$@"\n`
  writeFileSync(join(bin, 'mlstore'), script, { mode: 0o755 })
  return `${bin}${delimiter}${process.env['PATH']}`
}
