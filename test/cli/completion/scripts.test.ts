/** The completion scripts, run by the shells themselves where they are installed. */

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'

import { cli } from '../fake-shell.ts'

let bin = ''

/** A program `mlstore` that shows its words and answers with three references. */
before(() => {
  bin = mkdtempSync(join(tmpdir(), 'mlstore-completion-'))
  writeFileSync(
    join(bin, 'mlstore'),
    `#!/bin/sh\nprintf '[%s]' "$@" >&3\nprintf 'model/a@prod\\tits alias\\nmodel/a@v1\\t2026\\n'\n`,
  )
  chmodSync(join(bin, 'mlstore'), 0o755)
})
after(() => rmSync(bin, { recursive: true }))

const has = (shell: string): boolean => spawnSync(shell, ['-c', 'true']).status === 0

function runIn(shell: string, script: string): string {
  const env = { ...process.env, PATH: `${bin}:${process.env['PATH']}` }
  const { stdout, stderr } = spawnSync(shell, ['-c', script], { env, encoding: 'utf8' })
  assert.equal(stderr, '')
  return stdout
}

test(
  'bash passes the words and strips what readline has already',
  { skip: !has('bash') },
  async () => {
    const { stdout: script } = await cli('completion bash')
    const line = 'mlstore --json get model/a@'
    const press = `COMP_LINE='${line}' COMP_POINT=${line.length}; compopt() { :; }; _mlstore 3>&1; echo; printf '%s\\n' "\${COMPREPLY[@]}"`
    assert.equal(
      runIn('bash', `${script}\n${press}`),
      '[--get-yargs-completions][--json][get][model/a@]\nprod\nv1\n',
    )
  },
)

test('bash asks for a new word after a space', { skip: !has('bash') }, async () => {
  const { stdout: script } = await cli('completion bash')
  const line = 'mlstore get '
  const press = `COMP_LINE='${line}' COMP_POINT=${line.length}; _mlstore 3>&1; echo; printf '%s\\n' "\${COMPREPLY[@]}"`
  assert.equal(
    runIn('bash', `${script}\n${press}`),
    '[--get-yargs-completions][get][]\nmodel/a@prod\nmodel/a@v1\n',
  )
})

for (const shell of ['bash', 'zsh', 'fish']) {
  test(`${shell} accepts its script`, { skip: !has(shell) }, async () => {
    const { stdout: script } = await cli(`completion ${shell}`)
    const { status, stderr } = spawnSync(shell, ['-n', '-c', script], { encoding: 'utf8' })
    assert.equal(status, 0, stderr)
  })
}
