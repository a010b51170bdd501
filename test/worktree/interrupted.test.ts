/**
 * A materialize that dies at any step leaves whole files, keeps what is the user's, and the same
 * command run again finishes the work.
 *
 * The file system is made to fail at call i and at every later one, as after a crash, for each i
 * that a whole run has.
 */

import assert from 'node:assert/strict'
import * as nodeFs from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

import { isMlstoreError, MlstoreError } from '../../src/errors.ts'
import { NodeFileSystem } from '../../src/objects/node-file-system.ts'
import { type Call, InterceptedFileSystem } from '../support/intercepted-file-system.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { checkout } from './checkout.ts'
import { type FolderSpec, type Listing, listFolder, listingOf, writeFolder } from './folder-spec.ts'

/** Dies at one call: that one and all later ones fail. Calls that only look do not count. */
class DyingFileSystem extends InterceptedFileSystem {
  changes = 0
  readonly #diesAt: number

  constructor(diesAt: number) {
    super(new NodeFileSystem())
    this.#diesAt = diesAt
  }

  override note(call: Call, path: string): void {
    super.note(call, path)
    if (!['lstat', 'readDirectory', 'readLink', 'read', 'stat'].includes(call)) this.changes += 1
    if (this.changes > this.#diesAt) throw new MlstoreError('IO_ERROR', `died at ${call} ${path}`)
  }
}

type Scene = { readonly previous: FolderSpec | undefined; readonly target: FolderSpec }

const previous: FolderSpec = {
  changed: 'old',
  dir: { gone: 'old', kept: 'same', sub: { deep: 'old' } },
  'file to dir': 'old',
  'dir to file': { a: 'old', b: {} },
  link: { link: 'changed' },
  exec: 'same',
}
const target: FolderSpec = {
  changed: 'new',
  dir: { kept: 'same', added: 'new' },
  'file to dir': { x: 'new', y: { z: 'new' } },
  'dir to file': 'new',
  link: { link: 'dir' },
  exec: { text: 'same', exec: true },
  fresh: { e: {}, f: 'new', l: { link: 'f' } },
}
const untracked: FolderSpec = { mine: 'mine', 'mine too': { deep: 'mine' } }

function writeScene(root: string, { previous: before }: Scene): void {
  nodeFs.rmSync(root, { recursive: true, force: true })
  if (before !== undefined) writeFolder(root, { ...before, ...untracked })
}

/** Paths below what is unfinished do not count: nobody reads them. */
function visible(listing: Listing): [path: string, line: string][] {
  return Object.entries(listing).filter(
    ([path]) => !path.split('/').some((name) => name.includes('.mlstore-tmp-')),
  )
}

/** False if it failed by dying. Dying in the last cleaning up is no failure. */
function finishes(run: Promise<unknown>): Promise<boolean> {
  return run.then(
    () => true,
    (error: unknown) => {
      assert.ok(isMlstoreError(error, 'IO_ERROR'), String(error))
      return false
    },
  )
}

const scenes: Readonly<Record<string, Scene>> = {
  'over an old version': { previous, target },
  'into a new folder': { previous: undefined, target },
  'back to nothing': { previous: target, target: {} },
}

for (const [title, scene] of Object.entries(scenes)) {
  test(`dying anywhere on the way ${title} loses nothing and is repaired by the next run`, async (context) => {
    const root = join(temporaryFolder(context), 'data')
    const run = (fs: DyingFileSystem | undefined): Promise<unknown> =>
      checkout({ root, target: scene.target, previous: scene.previous ?? {}, ...(fs && { fs }) })

    const mine = scene.previous === undefined ? {} : listingOf(untracked)
    const old = listingOf(scene.previous ?? {})
    const wanted = listingOf(scene.target)
    const all = { ...wanted, ...mine }
    const whole = new DyingFileSystem(Infinity)
    writeScene(root, scene)
    await run(whole)
    assert.ok(whole.changes > 10)

    for (let step = 0; step < whole.changes; step++) {
      writeScene(root, scene)
      const isDone = await finishes(run(new DyingFileSystem(step)))
      const isThere = nodeFs.existsSync(root)
      const left = isThere ? visible(listFolder(root)) : []
      for (const [path, line] of left) {
        assert.ok(
          [old[path], wanted[path], mine[path]].includes(line),
          `step ${step}: ${path} is ${line}`,
        )
      }
      const paths = left.map(([path]) => path)
      for (const path of Object.keys(mine))
        assert.ok(paths.includes(path), `step ${step}: ${path} is gone`)
      if (isDone || (scene.previous === undefined && isThere)) {
        assert.deepEqual(Object.fromEntries(left), all, `step ${step}: only a part is there`)
      }
      await run(undefined)
      assert.deepEqual(listFolder(root), all, `step ${step}`)
      assert.deepEqual(nodeFs.readdirSync(join(root, '..')), ['data'], `step ${step}`)
    }
  })
}

test('a failure while content is written changes nothing and cleans up after itself', async (context) => {
  const folder = temporaryFolder(context)
  const root = join(folder, 'data')
  const files = Object.fromEntries(Array.from({ length: 5 }, (_, i) => [`f${i}`, 'new']))
  for (const before of [undefined, { f0: 'old', f3: 'old' }]) {
    writeScene(root, { previous: before, target: files })
    const was = before && listFolder(root)
    for (let step = 0; step < 5; step++) {
      let asked = 0
      const content = (): Uint8Array => {
        if (asked++ === step) throw new MlstoreError('NO_SPACE', 'full')
        return Buffer.from('new')
      }
      const made = checkout({
        root,
        target: files,
        previous: before ?? {},
        materialize: { content },
      })
      await assert.rejects(made, { code: 'NO_SPACE' })
      if (was === undefined) assert.deepEqual(nodeFs.readdirSync(folder), [])
      else assert.deepEqual(listFolder(root), was)
    }
  }
})
