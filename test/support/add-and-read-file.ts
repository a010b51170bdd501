/**
 * A process that adds a file to a new store and reads it back, with threads:
 *
 *   node --import tsx test/support/add-and-read-file.ts FILE
 *
 * Prints what it read and the most memory it ever had.
 */

import { computeThreads } from './compute-threads.ts'
import { objectStoreBench, publish } from './object-store-bench.ts'

export type Outcome = {
  readonly digest: string
  readonly readBytes: number
  readonly memoryBytesMax: number
}

const [path = ''] = process.argv.slice(2)
const cleanUps: (() => void)[] = []
const compute = await computeThreads()
const context = { after: (cleanUp: () => void): number => cleanUps.push(cleanUp) }
const { store, fs } = await objectStoreBench(context, { compute })

const file = fs.open(path, 'read')
const writer = store.startWrite()
const { digest } = await writer.addFile(file)
await publish(writer)
file.close()

let readBytes = 0
for await (const piece of store.readFile(digest, { reuse: true })) readBytes += piece.length
const memoryBytesMax = process.resourceUsage().maxRSS * 1024
const outcome: Outcome = { digest, readBytes, memoryBytesMax }
process.stdout.write(JSON.stringify(outcome))

for (const cleanUp of cleanUps.reverse()) cleanUp()
compute.close()
