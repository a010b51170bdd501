/**
 * Every command by name, in the order help lists them.
 *
 * A module is loaded when its command is named (help and completion of names load them all),
 * so that a command starts as fast as what it needs itself.
 */

import type { Command, CommandGroup } from './command.ts'

type Entry = Command | CommandGroup
type Loader = () => Promise<Entry>

export const commandTable: Readonly<Record<string, Loader>> = {
  init: async () => (await import('./commands/init.ts')).command,
  clone: async () => (await import('./commands/clone.ts')).command,
  add: async () => (await import('./commands/add.ts')).command,
  get: async () => (await import('./commands/get.ts')).command,
  cat: async () => (await import('./commands/cat.ts')).command,
  ls: async () => (await import('./commands/ls.ts')).command,
  log: async () => (await import('./commands/log.ts')).command,
  show: async () => (await import('./commands/show.ts')).command,
  diff: async () => (await import('./commands/diff.ts')).command,
  search: async () => (await import('./commands/search.ts')).command,
  lineage: async () => (await import('./commands/lineage.ts')).command,
  related: async () => (await import('./commands/related.ts')).command,
  status: async () => (await import('./commands/status.ts')).command,
  checkout: async () => (await import('./commands/checkout.ts')).command,
  alias: async () => (await import('./commands/alias.ts')).command,
  deployed: async () => (await import('./commands/deployed.ts')).command,
  winner: async () => (await import('./commands/winner.ts')).command,
  relabel: async () => (await import('./commands/relabel.ts')).command,
  tag: async () => (await import('./commands/tag.ts')).command,
  number: async () => (await import('./commands/number.ts')).command,
  attach: async () => (await import('./commands/attach.ts')).command,
  attachments: async () => (await import('./commands/attachments.ts')).command,
  card: async () => (await import('./commands/card.ts')).command,
  rm: async () => (await import('./commands/rm.ts')).command,
  restore: async () => (await import('./commands/restore.ts')).command,
  run: async () => (await import('./commands/run.ts')).command,
  experiment: async () => (await import('./commands/experiment.ts')).command,
  remote: async () => (await import('./commands/remote.ts')).command,
  login: async () => (await import('./commands/login.ts')).command,
  logout: async () => (await import('./commands/logout.ts')).command,
  whoami: async () => (await import('./commands/whoami.ts')).command,
  push: async () => (await import('./commands/push.ts')).command,
  fetch: async () => (await import('./commands/fetch.ts')).command,
  pull: async () => (await import('./commands/pull.ts')).command,
  model: async () => (await import('./commands/model.ts')).command,
  dataset: async () => (await import('./commands/dataset.ts')).command,
  upload: async () => (await import('./commands/upload.ts')).command,
  download: async () => (await import('./commands/download.ts')).command,
  link: async () => (await import('./commands/link.ts')).command,
  drop: async () => (await import('./commands/drop.ts')).command,
  fsck: async () => (await import('./commands/fsck.ts')).command,
  reindex: async () => (await import('./commands/reindex.ts')).command,
  import: async () => (await import('./commands/import.ts')).command,
  serve: async () => (await import('./commands/serve.ts')).command,
  git: async () => (await import('./commands/git.ts')).command,
  config: async () => (await import('./commands/config.ts')).command,
  completion: async () => (await import('./commands/completion.ts')).command,
  doctor: async () => (await import('./commands/doctor.ts')).command,
}

/** Loads the command of that name; `undefined` when there is none. */
export async function loadCommand(name: string): Promise<Entry | undefined> {
  return Object.hasOwn(commandTable, name) ? commandTable[name]?.() : undefined
}

/** Loads every command, for lists of them. */
export async function loadAllCommands(): Promise<Readonly<Record<string, Entry>>> {
  const entries = Object.entries(commandTable).map(
    async ([name, load]) => [name, await load()] as const,
  )
  return Object.fromEntries(await Promise.all(entries))
}
