/** `mlstore git`: hooks and the merge driver, and what they call. */

import { readFileSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'

import { isMlstoreError } from '../../errors.ts'
import type { StatusResult } from '../../store/results.ts'
import { type Command, type CommandGroup, defineCommand, one, optional } from '../command.ts'
import type { CliContext } from '../context.ts'
import { outcomes } from '../exit-codes.ts'
import { type GitInstallResult, installIntoGit } from '../git/install.ts'
import { mergeLockFiles } from '../../core/lock-merge.ts'
import { formatCount } from '../../core/amounts.ts'
import { visible } from '../../core/visible-text.ts'

const install: Command = defineCommand({
  summary: 'Add hooks and a merge driver to this git repository',
  details:
    'pre-push warns of versions that are not pushed, post-checkout runs mlstore checkout, and mlstore.lock is merged path by path. Hooks that exist are kept and added to.',
  examples: [['git install', 'Once after git clone']],
  async run(_values, { shell, output }) {
    await output.result(await installIntoGit(shell), renderInstall)
  },
})

function renderInstall({ installed, skipped }: GitInstallResult): string {
  const lines = skipped.map(
    ({ hook, add }) => `${visible(hook)} is no shell script; make it run:\n${add}`,
  )
  return [`Installed: ${installed.join(', ')}`, ...lines].join('\n')
}

const mergeLockCommand: Command = defineCommand({
  summary: 'Merge driver of mlstore.lock',
  hidden: true,
  positionals: {
    base: one('%O'),
    ours: one('%A; gets the result'),
    theirs: one('%B'),
    path: optional('%P'),
  },
  examples: [],
  async run({ base, ours, theirs, path = 'mlstore.lock' }, { environment, output, setExitCode }) {
    const file = (name: string): string => resolve(environment.cwd, name)
    const read = (name: string): string => readFileSync(file(name), 'utf8')
    const merged = mergeLockFiles({ base: read(base), ours: read(ours), theirs: read(theirs) })
    writeFileSync(file(ours), merged.text)
    if (merged.conflicts.length === 0) return
    const paths = merged.conflicts.map(visible).join(', ')
    await output.note(`${visible(path)}: both sides changed ${paths}; keep one line of each.`)
    setExitCode(outcomes.conflict)
  },
})

const prePush: Command = defineCommand({
  summary: 'Warn of versions that are not pushed',
  hidden: true,
  positionals: { remote: optional("git's remote"), url: optional('its URL') },
  examples: [],
  async run(_values, context) {
    for (const { remote, versions } of await unpushed(context)) {
      if (versions.length === 0) continue
      const count = formatCount(versions.length, 'version')
      await context.output.note(
        `mlstore: ${count} not pushed to ${visible(remote)}; others cannot pull what this commit names. Run \`mlstore push\`.`,
      )
    }
  },
})

/** Nothing in a repository that has no store: git hooks may be shared. */
async function unpushed(context: CliContext): Promise<StatusResult['unpushed']> {
  try {
    await using store = await context.openStore()
    return (await store.status({ signal: context.signal })).unpushed
  } catch (error) {
    if (isMlstoreError(error, 'STORE_MISSING')) return []
    throw error
  }
}

export const command: CommandGroup = {
  summary: 'Git hooks, and a merge driver for mlstore.lock',
  subcommands: { install, 'merge-lock': mergeLockCommand, 'pre-push': prePush },
}
