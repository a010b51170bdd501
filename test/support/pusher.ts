/**
 * A program: one of many writers of a remote. Adds versions to the store in its working folder,
 * each with the next number as far as it knows, and pushes after each, as fast as it can; all that
 * as one run that logs. Arguments: its name, and how many versions.
 */

import { writeFileSync } from 'node:fs'

import { openStore } from '../../src/index.ts'
import { contest, pointsOf, pushedContent } from './pushers.ts'

const [name = '', versions = '0'] = process.argv.slice(2)

const store = await openStore()
const run = await store.startRun({ experiment: contest, name })
for (let number = 1; number <= Number(versions); number++) {
  writeFileSync('content.bin', pushedContent(name, number))
  const request = { paths: ['content.bin'], as: `dataset/${name}`, label: `v${number}` }
  await store.add({ ...request, noLock: true })
  await store.claimNumber(contest, `dataset/${name}@v${number}`)
  for (const [step, loss] of pointsOf(number)) run.logMetrics({ loss }, { step })
  await run.flush()
  await store.push()
}
await run.end()
await store.push()
await store[Symbol.asyncDispose]()
