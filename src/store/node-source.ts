/** Tree nodes from the local store, decoded and checked. */

import { decodeNode } from '../core/tree/node.ts'
import type { NodeSource } from '../core/tree/reading.ts'
import type { StoreParts } from './parts.ts'

export function nodeSource({ objects }: Pick<StoreParts, 'objects'>): NodeSource {
  return { node: (digest) => decodeNode(objects.readObject(digest), `tree node ${digest}`) }
}
