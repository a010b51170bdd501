/**
 * Ends a write session that only brings bytes: what it holds becomes part of the store.
 */

import assert from 'node:assert/strict'

import type { ObjectWriter, PublishResult } from '../objects/object-writer.ts'
import type { StoreParts } from './parts.ts'

/**
 * Seals and publishes under the writer lock.
 *
 * The session must not count on objects that a gc could have taken: it brings all it needs.
 *
 * @returns The packs that hold all of it, as `ObjectWriter.publish` says.
 */
export async function publishUnderLock(
  parts: Pick<StoreParts, 'write'>,
  writer: ObjectWriter,
): Promise<PublishResult['packs']> {
  await writer.seal()
  const { missing, packs } = await parts.write(() => writer.publish())
  assert.equal(missing.length, 0, 'a gc took what was being fetched')
  return packs
}
