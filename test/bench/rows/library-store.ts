/** A store that a row works with through the library, in this process. */

import { initStore, openStore } from '../../../src/store/open.ts'
import type { Store } from '../../../src/store/store.ts'
import type { BenchPlace } from '../place.ts'

export async function freshLibraryStore(place: BenchPlace): Promise<Store> {
  const folder = place.freshFolder('library')
  await initStore(folder)
  return openStore({ storeDirectory: folder })
}
