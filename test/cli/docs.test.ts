/** docs/cli.md names every command and option there is, and no other. */

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'

import { type Command, kebabCase } from '../../src/cli/command.ts'
import { globalOptions } from '../../src/cli/global-options.ts'
import { allCommands } from './all-commands.ts'

const page = readFileSync(new URL('../../docs/cli.md', import.meta.url), 'utf8')
const sections = new Map(
  page
    .split('\n### mlstore ')
    .slice(1)
    .map((section) => [section.slice(0, section.indexOf('\n')), section]),
)

async function visibleCommands(): Promise<Map<string, Command>> {
  return new Map([...(await allCommands())].filter(([, command]) => command.hidden !== true))
}

test('has a section for every command, in the order of help', async () => {
  assert.deepEqual([...sections.keys()], [...(await visibleCommands()).keys()])
})

test('names the options of each command and the global ones', async () => {
  const written = (text: string): string[] =>
    [...text.matchAll(/^\| `(?:-\w, )?--([a-z-]+)/gm)].map(([, name = '']) => name)
  for (const [name, command] of await visibleCommands()) {
    const options = Object.keys(command.options ?? {}).map(kebabCase)
    assert.deepEqual(written(sections.get(name) ?? ''), options, name)
  }
  const [head = ''] = page.split('\n## Commands')
  assert.deepEqual(written(head), [...Object.keys(globalOptions).map(kebabCase), 'version'])
})
