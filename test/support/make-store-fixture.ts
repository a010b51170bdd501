/**
 * Makes `fixtures/stores/v1`: a tiny store and its remote, always the same bytes.
 *
 *   node --import tsx test/support/make-store-fixture.ts fixtures/stores/v1
 *
 * Run only while format 1 is not frozen; from then on the fixture is read and never made again.
 */

import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

import { initStore, openStore } from '../../src/store/open.ts'
import { seededBytes } from './seeded-data.ts'
import { testEnvironment } from './store.ts'

/** Writes the folder that the fixture's versions are made of. */
export function writeFixtureData(folder: string): void {
  mkdirSync(join(folder, 'empty'), { recursive: true })
  mkdirSync(join(folder, 'sub folder'))
  writeFileSync(join(folder, 'nothing.txt'), '')
  writeFileSync(join(folder, 'größe #1%.csv'), 'a,b\n1,2\n'.repeat(400))
  writeFileSync(join(folder, 'run.sh'), '#!/bin/sh\n')
  chmodSync(join(folder, 'run.sh'), 0o755)
  symlinkSync('../run.sh', join(folder, 'sub folder', 'link'))
  writeFileSync(join(folder, 'sub folder', 'weights.bin'), seededBytes('fixture', 200_000))
}

/** Makes store and remote below `target`. */
async function makeStoreFixture(target: string): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'mlstore-fixture-'))
  const environment = testEnvironment(folder)
  try {
    await initStore(folder, environment)
    await using store = await openStore({ environment })
    writeFixtureData(join(folder, 'data'))
    const remote = join(folder, 'remote')
    await store.addRemote({ name: 'origin', settings: { url: `file://${remote}` }, local: true })
    const meta = { f1: 0.5, epochs: 3, nested: { list: [1, 'two', null] } }
    await store.add({ paths: ['data'], as: 'dataset/tiny', label: 'v1', aliases: ['prod'], meta })
    await store.setTags('dataset/tiny@v1', { stage: 'prod' })
    await store.push()
    environment.clock.turn(60)
    writeFileSync(join(folder, 'data', 'nothing.txt'), 'something\n')
    await store.add({ paths: ['data'], as: 'dataset/tiny', inputs: ['dataset/tiny@v1'] })
    await store.setAlias('dataset/tiny', 'prod', { reason: 'newer' })
    await store.push()
    rmSync(target, { recursive: true, force: true })
    cpSync(remote, join(target, 'remote'), { recursive: true })
    for (const name of ['format.json', 'journal', 'packs']) {
      cpSync(join(folder, '.mlstore', name), join(target, 'store', name), { recursive: true })
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const [, program = '', target] = process.argv
if (program.endsWith('make-store-fixture.ts') && target !== undefined) {
  await makeStoreFixture(resolve(target))
}
