/**
 * A program: one of many writers of a remote. Adds versions to the store in its working folder
 * and pushes after each, as fast as it can. Arguments: its name, and how many versions.
 */

import { writeFileSync } from 'node:fs'

import { openStore } from '../../src/index.ts'
import { pushedContent } from './pushers.ts'

const [name = '', versions = '0'] = process.argv.slice(2)

const store = await openStore()
for (let number = 1; number <= Number(versions); number++) {
  writeFileSync('content.bin', pushedContent(name, number))
  const request = { paths: ['content.bin'], as: `dataset/${name}`, label: `v${number}` }
  await store.add({ ...request, noLock: true })
  await store.push()
}
await store[Symbol.asyncDispose]()
