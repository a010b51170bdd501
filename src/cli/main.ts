/**
 * The `mlstore` program; `launcher.ts` starts what the build makes of it.
 *
 * As little as possible is loaded before it is known what is asked: `--version` loads nothing,
 * a command loads itself.
 */

import { readFileSync } from 'node:fs'

const argv = process.argv.slice(2)
const version = packageVersion()

if (argv.length === 1 && argv[0] === '--version') process.stdout.write(`${version}\n`)
else void start()

async function start(): Promise<void> {
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
