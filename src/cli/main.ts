#!/usr/bin/env node
/**
 * The `mlstore` program.
 *
 * As little as possible is loaded before it is known what is asked: `--version` loads nothing,
 * a command loads itself. Newer Nodes keep compiled code between runs.
 */

import { readFileSync } from 'node:fs'
import * as nodeModule from 'node:module'

const argv = process.argv.slice(2)
const version = packageVersion()

if (argv.length === 1 && argv[0] === '--version') {
  process.stdout.write(`${version}\n`)
} else {
  keepCompiledCode()
  const [{ processShell }, { Interruption }, { run }] = await Promise.all([
    import('./environment.ts'),
    import('./interruption.ts'),
    import('./run.ts'),
  ])
  const interruption = new Interruption(process, () => process.exit(130))
  process.exitCode = await run(argv, processShell(version, interruption))
}

function packageVersion(): string {
  const manifest: unknown = JSON.parse(
    readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
  )
  const known = typeof manifest === 'object' && manifest !== null && 'version' in manifest
  return known ? String(manifest.version) : 'unknown'
}

/** `module.enableCompileCache` came with Node 22. */
function keepCompiledCode(): void {
  if ('enableCompileCache' in nodeModule && typeof nodeModule.enableCompileCache === 'function') {
    nodeModule.enableCompileCache()
  }
}
