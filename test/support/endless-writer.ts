/** A process that adds random bytes to a store until it is killed; says `writing` when it has begun. */

import { openCodec } from '../../src/objects/compression.ts'
import { NodeFileSystem } from '../../src/objects/node-file-system.ts'
import { ObjectStore } from '../../src/objects/object-store.ts'
import { SystemProcessTable } from '../../src/objects/process-table.ts'
import { Temporaries } from '../../src/objects/temporary.ts'
import { MemoryObjectIndex } from './memory-object-index.ts'
import { seededBytes } from './seeded-data.ts'
import { SequentialIds } from './sequential-ids.ts'

const [directory = ''] = process.argv.slice(2)
const fs = new NodeFileSystem()
const ids = new SequentialIds()
const processes = new SystemProcessTable()
const temporaries = new Temporaries({ fs, ids, processes, host: 'test', pid: process.pid })
const store = new ObjectStore({
  directory,
  fs,
  ids,
  temporaries,
  index: new MemoryObjectIndex(),
  codec: await openCodec(),
  packSizeBytesMax: 8 * 1024 * 1024,
})

async function* endless(): AsyncGenerator<Uint8Array> {
  for (let n = 0; ; n++) {
    if (n === 20) process.stdout.write('writing\n')
    yield seededBytes(`${n}`, 1024 * 1024)
  }
}

await store.startWrite().addFile(endless())
