/** Pushes that die at one of their requests, on copies of a store and of what it pushes to. */

import assert from 'node:assert/strict'

import type { Place, Seen } from './watched-remote.ts'
import type { Person, World } from './world.ts'

/** The requests of an undisturbed push of everything. */
export async function requestsOfPush(world: World, person: Person): Promise<readonly Seen[]> {
  const probe = world.copyPlace(world.place(), 'rehearsal')
  const copy = await openCopy(world, person, 'rehearsal')
  await copy.store.push()
  return probe.seen
}

/** A copy of the store, whose `origin` is another place. */
export async function openCopy(world: World, person: Person, place: string): Promise<Person> {
  const folder = world.copyFolder(person)
  world.redirect(folder, place)
  return world.open(folder, person.user)
}

/** The request with this index fails, before or after it is done, and so does all that follows. */
export async function crashAt(
  person: Person,
  place: Place,
  { index, isDone }: { readonly index: number; readonly isDone: boolean },
): Promise<void> {
  place.hook = (seen) => {
    if (seen.index < index) return undefined
    return seen.index === index && isDone ? { lose: crash() } : { fail: crash() }
  }
  // A create cannot be lost with an error: it is answered with `unknown`, and the next one dies.
  await assert.rejects(person.store.push())
  await person.store.close()
  place.hook = () => undefined
}

function crash(): Error {
  return new TypeError('the process died here')
}
