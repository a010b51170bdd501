/**
 * The `prepare` script: builds dist/ after `npm ci` and when npm packs a git checkout.
 *
 * `npm install --global git+URL` needs help. npm clones the repository into its cache and runs a
 * second npm there to install what the build needs; that npm inherits "global" and instead links
 * the clone into the global prefix, over the folder that the first npm is filling with our
 * dependencies (npm/cli#6984 and #8440, open since npm 7). So in that case this script does
 * nothing for the second npm; for the first, which runs it next, it installs what the build needs,
 * builds, and puts a real folder with the dependencies where the link is. Install scripts are left
 * to the first npm, which runs them at its end.
 */

import { spawnSync } from 'node:child_process'
import { copyFileSync, lstatSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'

const { env } = process
const isClone = /[\\/]_cacache[\\/]tmp[\\/]git-clone[^\\/]*$/.test(process.cwd())

if (!isClone || env['npm_config_global'] !== 'true') await import('./build.mjs')
else if (env['INIT_CWD'] !== process.cwd()) await prepareGlobalInstall()

async function prepareGlobalInstall() {
  npmIn('.', 'ci', '--ignore-scripts')
  await import('./build.mjs')
  replaceLink(join(env['npm_config_global_prefix'], globalFolder(), packageName()))
}

/** Puts a folder with the locked dependencies where npm has linked to the clone. */
function replaceLink(installed) {
  if (!lstatSync(installed, { throwIfNoEntry: false })?.isSymbolicLink()) return
  rmSync(installed)
  mkdirSync(installed)
  for (const file of ['package.json', 'package-lock.json']) {
    copyFileSync(file, join(installed, file))
  }
  npmIn(installed, 'ci', '--ignore-scripts', '--omit=dev')
  rmSync(join(installed, 'package-lock.json'))
}

function globalFolder() {
  return process.platform === 'win32' ? 'node_modules' : 'lib/node_modules'
}

function packageName() {
  return JSON.parse(readFileSync('package.json', 'utf8')).name
}

/** npm on the folder alone: without the settings of the global install around it. */
function npmIn(folder, ...npmArguments) {
  const global = /^npm_config_(prefix|global_prefix|local_prefix|global|location|allow_scripts)$/i
  const inherited = Object.entries(env).filter(([name]) => !global.test(name))
  const { status } = spawnSync(process.execPath, [env['npm_execpath'], ...npmArguments], {
    cwd: folder,
    env: Object.fromEntries(inherited),
    stdio: 'inherit',
  })
  if (status !== 0) throw new Error(`npm ${npmArguments.join(' ')} failed in ${folder}`)
}
