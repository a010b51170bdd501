/**
 * What is installed as `mlstore`: starts `program.cjs`, which `npm run build` makes of `main.ts`.
 *
 * Loading a hundred modules one by one, and compiling them, takes longer than what most commands
 * do. So the program is one file, and what the compiler made of it is kept in the user's cache
 * folder for the next run. The code in there is run, so it is only taken from a file that nobody
 * else can have written; without it, or if Node finds that it does not fit, everything works and
 * takes some 20 ms longer.
 */

import { createHash } from 'node:crypto'
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import vm from 'node:vm'

/** Code is kept for this long, so that several installed versions keep theirs: 30 days. */
const keptMs = 30 * 24 * 60 * 60 * 1000

type Program = (require: NodeJS.Require, filename: string, dirname: string) => void

if (process.argv.length === 3 && process.argv[2] === '--version') {
  const manifest: { readonly version: string } = JSON.parse(
    readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
  )
  process.stdout.write(`${manifest.version}\n`)
} else {
  start(fileURLToPath(new URL('./program.cjs', import.meta.url)))
}

function start(file: string): void {
  const source = `(function (require, __filename, __dirname) {${readFileSync(file, 'utf8')}\n})`
  const kept = keptCodePath(source)
  const cachedData = kept === undefined ? undefined : readOwn(kept)
  const script = new vm.Script(source, {
    filename: file,
    ...(cachedData === undefined ? {} : { cachedData }),
  })
  const isCompiled = cachedData !== undefined && script.cachedDataRejected !== true
  if (kept !== undefined && !isCompiled) {
    // At the end, when the functions that the command uses are compiled too.
    process.once('exit', (code) => {
      if (code === 0) keep(kept, script.createCachedData())
    })
  }
  const program: Program = script.runInThisContext()
  program(createRequire(file), file, join(file, '..'))
}

/**
 * One file a command, named after all that the compiled code depends on; `undefined`: none is kept.
 */
function keptCodePath(source: string): string | undefined {
  const { argv, env, versions, arch, platform } = process
  if (env['NODE_DISABLE_COMPILE_CACHE'] !== undefined) return undefined
  const hash = createHash('sha256').update(source).digest('hex').slice(0, 32)
  const folder = cacheFolder(env, platform)
  const command = /^[a-z]+$/.exec(argv[2] ?? '')?.[0] ?? 'other'
  return folder && join(folder, 'mlstore', `${command}-${versions.v8}-${arch}-${hash}.bin`)
}

function cacheFolder(env: NodeJS.ProcessEnv, platform: NodeJS.Platform): string | undefined {
  if (platform === 'win32') return env['LOCALAPPDATA']
  if (env['XDG_CACHE_HOME']) return env['XDG_CACHE_HOME']
  try {
    return join(homedir(), '.cache')
  } catch {
    // A user without a home: nothing is kept.
    return undefined
  }
}

/** The file's bytes, unless somebody else owns it or could have written to it. */
function readOwn(path: string): Buffer | undefined {
  try {
    const { uid, mode } = statSync(path)
    const isOwn = process.getuid === undefined || (uid === process.getuid() && (mode & 0o022) === 0)
    return isOwn ? readFileSync(path) : undefined
  } catch {
    // Not there, or not to be read: compiled again.
    return undefined
  }
}

/** Puts the code in its place and removes what is old. That it cannot be written is no failure. */
function keep(path: string, code: Uint8Array): void {
  const folder = join(path, '..')
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
  } catch {
    return
  }
  const temporary = `${path}.${process.pid}.tmp`
  try {
    writeFileSync(temporary, code, { mode: 0o600, flag: 'wx' })
    const { mtimeMs: now } = statSync(temporary)
    for (const name of readdirSync(folder)) {
      const kept = join(folder, name)
      if (statSync(kept).mtimeMs < now - keptMs) rmSync(kept)
    }
    renameSync(temporary, path)
  } catch {
    rmSync(temporary, { force: true })
  }
}
