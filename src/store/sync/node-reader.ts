/**
 * Reading nodes of trees and recipes on the way of a download: from here where they are here, else
 * from the remote, together with the locators that say where their children are.
 */

import type { Digest } from '../../core/digest.ts'
import type { PackKind } from '../../core/pack/format.ts'
import type { LocatorEntry } from '../../core/pack/locator.ts'
import type { ObjectWriter } from '../../objects/object-writer.ts'
import type { StoreParts } from '../parts.ts'
import type { Locator } from './object-finder.ts'
import type { ObjectFetcher } from './object-fetcher.ts'

export type NodeItem = {
  readonly digest: Digest
  readonly hint: LocatorEntry | undefined
}

export type ReadNode<Item extends NodeItem> = {
  readonly item: Item
  readonly bytes: Uint8Array
  readonly locator: Locator | undefined
}

export class NodeReader {
  readonly #parts: Pick<StoreParts, 'objects' | 'catalog'>
  readonly #fetcher: ObjectFetcher
  readonly #writer: ObjectWriter
  #isUntouched = true

  /** @param writer Gets the nodes that were not here. */
  constructor(
    parts: Pick<StoreParts, 'objects' | 'catalog'>,
    fetcher: ObjectFetcher,
    writer: ObjectWriter,
  ) {
    this.#parts = parts
    this.#fetcher = fetcher
    this.#writer = writer
  }

  /** No node that was asked for was here. */
  get isUntouched(): boolean {
    return this.#isUntouched
  }

  /** Reads nodes of one kind, in an order of its own; each as often as it is asked for. */
  async *read<Item extends NodeItem>(
    kind: PackKind,
    items: readonly Item[],
  ): AsyncGenerator<ReadNode<Item>> {
    const absent: (Item & { readonly kind: PackKind })[] = []
    for (const item of items) {
      const local = this.#readLocal(item)
      if (local === undefined) absent.push({ ...item, kind })
      else yield local
    }
    for await (const { item, bytes, locator } of this.#fetcher.fetch(absent)) {
      this.#writer.addObject(kind, bytes, item.digest)
      yield { item, bytes, locator }
    }
  }

  #readLocal<Item extends NodeItem>(item: Item): ReadNode<Item> | undefined {
    const { digest } = item
    if (this.#parts.catalog.objects.find(digest) === undefined) return undefined
    this.#isUntouched = false
    const locator = this.#fetcher.finder.locatorOf(digest)
    return { item, bytes: this.#parts.objects.readObject(digest), locator }
  }
}
