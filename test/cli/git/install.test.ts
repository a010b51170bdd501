/** `git install` in a real repository: hooks run, what was there stays, twice changes nothing. */

import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, test } from 'node:test'

import { withAttributes, withHook } from '../../../src/cli/git/hooks.ts'
import type { ProgramResult } from '../../../src/cli/context.ts'
import type { ProgramLine } from '../../../src/ports/program.ts'
import { cli, failing, type Outcome } from '../fake-shell.ts'
import { cleanStatus } from '../samples.ts'

let root = ''

beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'mlstore-git-')))
  git('init', '-q')
})
afterEach(() => rmSync(root, { recursive: true }))

function git(...words: string[]): string {
  return execFileSync('git', words, { cwd: root, encoding: 'utf8' })
}

async function install(line = 'git install', cwd = root): Promise<Outcome> {
  const runProgram = async ([program, ...words]: ProgramLine): Promise<ProgramResult> => {
    const { status, stdout } = spawnSync(program, words, { cwd, encoding: 'utf8' })
    return { exitCode: status ?? 127, stdout }
  }
  return cli(line, { cwd, runProgram })
}

const hook = (name: string): string => join(root, '.git/hooks', name)

test('installs two hooks and the merge driver', async () => {
  const { stdout } = await install('git install --json')
  assert.deepEqual(JSON.parse(stdout), {
    installed: ['pre-push', 'post-checkout', 'merge driver'],
    skipped: [],
  })
  assert.match(readFileSync(hook('pre-push'), 'utf8'), /mlstore git pre-push/)
  assert.match(readFileSync(hook('post-checkout'), 'utf8'), /mlstore checkout/)
  assert.equal(
    git('config', 'merge.mlstore-lock.driver').trim(),
    'mlstore git merge-lock %O %A %B %P',
  )
  assert.match(git('check-attr', 'merge', 'mlstore.lock'), /mlstore-lock$/m)
})

test('changes nothing the second time', async () => {
  writeFileSync(join(root, '.gitattributes'), '*.bin binary')
  await install()
  const files = [hook('pre-push'), hook('post-checkout'), join(root, '.gitattributes')]
  const before = files.map((file) => readFileSync(file, 'utf8'))
  assert.equal((await install()).exitCode, 0)
  assert.deepEqual(
    files.map((file) => readFileSync(file, 'utf8')),
    before,
  )
  assert.equal(before[2], '*.bin binary\nmlstore.lock merge=mlstore-lock\n')
})

test('works from a folder below the root', async () => {
  mkdirSync(join(root, 'deep/down'), { recursive: true })
  await install('git install', join(root, 'deep/down'))
  assert.ok(existsSync(hook('pre-push')))
  assert.ok(existsSync(join(root, '.gitattributes')))
})

test('respects core.hooksPath', async () => {
  git('config', 'core.hooksPath', 'my-hooks')
  await install()
  assert.ok(existsSync(join(root, 'my-hooks/pre-push')))
})

test('adds to a hook that exists, which goes on running', async () => {
  const bin = join(root, 'bin')
  mkdirSync(bin)
  writeFileSync(join(bin, 'mlstore'), `#!/bin/sh\necho "mlstore $*" >> ${root}/ran\nexit 9\n`)
  chmodSync(join(bin, 'mlstore'), 0o755)
  writeFileSync(hook('post-checkout'), `#!/bin/sh\nset -e\necho own >> ${root}/ran\nexec true\n`)
  await install()
  writeFileSync(join(root, 'mlstore.lock'), '')
  git('add', 'mlstore.lock')
  git('-c', 'user.name=a', '-c', 'user.email=a@b', 'commit', '-qm', 'lock')
  const env = { ...process.env, PATH: `${bin}:${process.env['PATH']}` }
  execFileSync('git', ['checkout', '-q', '-b', 'other'], { cwd: root, env })
  assert.equal(readFileSync(join(root, 'ran'), 'utf8'), 'mlstore checkout\nown\n')
})

test('leaves a hook alone that is no shell script, and says what to add', async () => {
  writeFileSync(hook('pre-push'), '#!/usr/bin/env python3\nprint()\n')
  const { stdout } = await install()
  assert.match(stdout, /Installed: post-checkout, merge driver\n.*pre-push is no shell script/)
  assert.equal(readFileSync(hook('pre-push'), 'utf8'), '#!/usr/bin/env python3\nprint()\n')
})

test('needs a git repository', async () => {
  const elsewhere = mkdtempSync(join(tmpdir(), 'mlstore-nogit-'))
  const { exitCode, stderr } = await install('git install', elsewhere)
  assert.equal(exitCode, 3)
  assert.match(stderr, /hint: Run it inside a git repository/)
  rmSync(elsewhere, { recursive: true })
})

test('replaces an older block in a hook and keeps the rest', () => {
  const older = '#!/bin/bash\n# >>> mlstore >>>\nold\n# <<< mlstore <<<\nmine\n'
  const hooked = withHook(older, 'pre-push') ?? ''
  assert.match(hooked, /^#!\/bin\/bash\n# >>> mlstore >>>\n/)
  assert.ok(hooked.endsWith('# <<< mlstore <<<\nmine\n'))
  assert.doesNotMatch(hooked, /old/)
  assert.equal(withHook(hooked, 'pre-push'), hooked)
  assert.equal(withAttributes(''), 'mlstore.lock merge=mlstore-lock\n')
})

test('git merges lock files through the driver', async () => {
  const [base, ours, theirs] = ['base', 'ours', 'theirs'].map((name) => join(root, name))
  const header = '# mlstore lock 1: which version each path holds; written by mlstore\n'
  writeFileSync(base ?? '', `${header}a  1\nb  1\n`)
  writeFileSync(ours ?? '', `${header}a  2\nb  1\n`)
  writeFileSync(theirs ?? '', `${header}a  1\nb  2\n`)
  const line = 'git merge-lock base ours theirs mlstore.lock'
  assert.equal((await cli(line, { cwd: root })).exitCode, 0)
  assert.equal(readFileSync(ours ?? '', 'utf8'), `${header}a  2\nb  2\n`)

  writeFileSync(theirs ?? '', 'a  3\nb  1\n')
  const conflict = await cli(line, { cwd: root })
  assert.equal(conflict.exitCode, 4)
  assert.equal(conflict.stderr, 'mlstore.lock: both sides changed a; keep one line of each.\n')
  assert.match(readFileSync(ours ?? '', 'utf8'), /<<<<<<< ours\na {2}2\n=======\na {2}3\n>>>>>>>/)
})

test('pre-push warns of versions that a remote lacks, and never fails the push', async () => {
  const unpushed = [
    { remote: 'origin', versions: ['m/x@1', 'm/x@2'], events: 4 },
    { remote: 'nas', versions: [], events: 1 },
  ]
  const status = { ...cleanStatus, unpushed }
  const warned = await cli('git pre-push origin git@host:repo', { answers: { status } })
  assert.equal(warned.exitCode, 0)
  assert.match(warned.stderr, /^mlstore: 2 versions not pushed to origin; .*`mlstore push`\.\n$/)

  const openStore = failing('STORE_MISSING', 'No store.')
  const without = await cli('git pre-push', { library: { openStore } })
  assert.deepEqual([without.exitCode, without.stderr], [0, ''])
})
