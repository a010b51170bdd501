/** The contract of src/ports/external-folder.ts, executed on every implementation. */

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'

import type { ExternalEntry, ExternalFolder } from '../../src/ports/external-folder.ts'

export type OpenedExternal = {
  /** Holds exactly `externalFiles`. */
  readonly folder: ExternalFolder
  /** A place that does not exist. */
  readonly absent: ExternalFolder
  /** Replaces the content of a file. */
  readonly change: (path: string, bytes: Uint8Array) => Promise<void>
  close(): Promise<void>
}

/** What the place holds: names that a remote's own keys never have, and an empty file. */
export const externalFiles: ReadonlyMap<string, string> = new Map([
  ['a b.txt', 'with a space'],
  ['empty', ''],
  ['sub/é.bin', 'composed'],
  ['sub/deep/+%20=&.json', '{}'],
  ['z', 'x'.repeat(3000)],
])

/** Defines the suite; called at the top level of a test file. */
export function externalFolderContract(name: string, open: () => Promise<OpenedExternal>): void {
  describe(`${name} keeps the contract of an external folder`, () => {
    let opened: OpenedExternal | undefined
    const it = (): OpenedExternal => opened ?? assert.fail('not open')

    before(async () => {
      opened = await open()
    })

    after(async () => opened?.close())

    test('lists every file with its size, at any depth, and no other', async () => {
      const sizes = new Map(
        (await listed(it().folder)).map(({ path, sizeBytes }) => [path, sizeBytes]),
      )
      const expected = Array.from(externalFiles, ([path, text]): [string, number] => {
        return [path, Buffer.byteLength(text)]
      })
      assert.deepEqual(sizes, new Map(expected))
    })

    test('gives ranges of a file, and nothing of one that is not there', async () => {
      const { folder } = it()
      for (const [path, text] of externalFiles) {
        if (text === '') continue
        const bytes = Buffer.from(text)
        const whole = await folder.read(path, { range: { start: 0, end: bytes.length } })
        assert.deepEqual(Buffer.from(whole ?? []), bytes, path)
      }
      const part = await folder.read('z', { range: { start: 2999, end: 3000 } })
      assert.equal(Buffer.from(part ?? []).toString(), 'x')
      assert.equal(await folder.read('sub/none', { range: { start: 0, end: 1 } }), undefined)
    })

    test('refuses a range beyond the end', async () => {
      const { folder } = it()
      for (const range of [
        { start: 2999, end: 3001 },
        { start: 3000, end: 3001 },
        { start: 4000, end: 5000 },
      ]) {
        await assert.rejects(folder.read('z', { range }), { code: 'CORRUPT' })
      }
      await assert.rejects(folder.read('z', { range: { start: 1, end: 1 } }), {
        code: 'INVALID_ARGUMENT',
      })
    })

    test('refuses a state that is not the one meant, where the place knows states', async () => {
      const { folder, change } = it()
      const before = (await listed(folder)).find(({ path }) => path === 'a b.txt')
      await change('a b.txt', Buffer.from('with a SPACE'))
      const after = (await listed(folder)).find(({ path }) => path === 'a b.txt')
      const range = { start: 0, end: 12 }
      if (before?.etag !== undefined) {
        assert.notEqual(after?.etag, before.etag)
        const reading = folder.read('a b.txt', { range, etag: before.etag })
        await assert.rejects(reading, { code: 'DIGEST_MISMATCH' })
      }
      const bytes = await folder.read('a b.txt', { range, etag: after?.etag })
      assert.equal(Buffer.from(bytes ?? []).toString(), 'with a SPACE')
      await change('a b.txt', Buffer.from(externalFiles.get('a b.txt') ?? ''))
    })

    test('finds nothing at a place that is not there', async () => {
      assert.deepEqual(await listed(it().absent), [])
    })

    test('stops when the signal is raised', async () => {
      const signal = AbortSignal.abort()
      const reading = it().folder.read('z', { range: { start: 0, end: 1 }, signal })
      await assert.rejects(reading, { code: 'INTERRUPTED' })
      await assert.rejects(listed(it().folder, signal), { code: 'INTERRUPTED' })
    })
  })
}

async function listed(folder: ExternalFolder, signal?: AbortSignal): Promise<ExternalEntry[]> {
  const entries: ExternalEntry[] = []
  for await (const entry of folder.list({ signal })) entries.push(entry)
  return entries
}
