/**
 * Bounded parallel work whose results come in the order of the items.
 *
 * Work starts in order too, and at most `concurrency` results are under way or waiting, so memory
 * is bounded by the caller's unit of work. After a failure nothing new starts, and what was started
 * is awaited before the error goes up: nothing goes on behind the caller's back.
 */

export async function* mapOrdered<Item, Result>(
  items: Iterable<Item> | AsyncIterable<Item>,
  concurrency: number,
  work: (item: Item) => Promise<Result>,
): AsyncGenerator<Result, void, undefined> {
  const running: Promise<Result>[] = []
  try {
    for await (const item of items) {
      const promise = work(item)
      promise.catch(() => undefined)
      running.push(promise)
      if (running.length >= concurrency) yield* takeFirst(running)
    }
    while (running.length > 0) yield* takeFirst(running)
  } finally {
    await Promise.allSettled(running)
  }
}

async function* takeFirst<Result>(running: Promise<Result>[]): AsyncGenerator<Result> {
  const first = running.shift()
  if (first !== undefined) yield await first
}
