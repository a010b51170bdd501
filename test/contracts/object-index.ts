/** What every ObjectIndex keeps, run on each implementation. */

import * as fc from 'fast-check'
import assert from 'node:assert/strict'
import { test } from 'node:test'

import { type Digest, digestOf } from '../../src/core/digest.ts'
import type {
  IndexedFile,
  IndexedObject,
  IndexedPack,
  ObjectIndex,
} from '../../src/ports/object-index.ts'

const digestFor = (name: string): Digest => digestOf(Buffer.from(name))
const packOf = (name: string): IndexedPack => ({
  id: digestFor(name).slice(0, 32),
  sizeBytes: 1000,
})
const fileOf = (name: string, recipe = `recipe of ${name}`): IndexedFile => ({
  file: digestFor(name),
  recipe: digestFor(recipe),
  sizeBytes: 2 ** 40,
})

/** Frames back to back, as a footer lists them. */
function objectsOf(...names: readonly string[]): IndexedObject[] {
  return names.map((name, i) => ({
    digest: digestFor(name),
    kind: 1,
    encoding: i % 2,
    offset: 8 + i * 100,
    storedBytes: 100,
    sizeBytes: 300,
  }))
}

/** @param open Makes an empty index. */
export function objectIndexContract(name: string, open: () => ObjectIndex): void {
  test(`${name} finds an object where its pack says it is`, () => {
    const index = open()
    const pack = packOf('p')
    index.addPack(pack, objectsOf('a', 'b'), [])
    const { digest: _digest, ...place } = objectsOf('a', 'b')[1] ?? assert.fail()
    assert.deepEqual(index.find(digestFor('b')), { packId: pack.id, ...place })
    assert.equal(index.find(digestFor('c')), undefined)
  })

  test(`${name} lists packs in the order they came, and their objects in the order of frames`, () => {
    const index = open()
    const packs = [packOf('z'), packOf('a')]
    for (const pack of packs)
      index.addPack(pack, objectsOf(`${pack.id} 1`, 'shared', `${pack.id} 2`), [])
    assert.deepEqual([...index.packs()], packs)
    for (const { id } of packs) {
      assert.deepEqual([...index.objectsOf(id)], objectsOf(`${id} 1`, 'shared', `${id} 2`))
    }
    assert.deepEqual([...index.objectsOf(packOf('none').id)], [])
  })

  test(`${name} leaves an object where it is known to be`, () => {
    const index = open()
    index.addPack(packOf('first'), objectsOf('x', 'shared'), [])
    index.addPack(packOf('second'), objectsOf('shared'), [])
    assert.equal(index.find(digestFor('shared'))?.packId, packOf('first').id)
  })

  test(`${name} finds an object in another pack when the first one goes`, () => {
    const index = open()
    index.addPack(packOf('first'), objectsOf('only here', 'shared'), [fileOf('f', 'r1')])
    index.addPack(packOf('second'), objectsOf('shared'), [fileOf('f', 'r2')])
    assert.deepEqual(index.findRecipe(digestFor('f')), fileOf('f', 'r1'))
    index.removePack(packOf('first').id)
    assert.equal(index.find(digestFor('shared'))?.packId, packOf('second').id)
    assert.equal(index.find(digestFor('only here')), undefined)
    assert.deepEqual(index.findRecipe(digestFor('f')), fileOf('f', 'r2'))
    assert.equal(index.hasPack(packOf('first').id), false)
    index.removePack(packOf('first').id)
  })

  test(`${name} knows which recipe makes which file`, () => {
    const index = open()
    index.addPack(packOf('p'), objectsOf('a'), [fileOf('big'), fileOf('bigger')])
    assert.deepEqual(index.findRecipe(digestFor('big')), fileOf('big'))
    assert.equal(index.findRecipe(digestFor('a')), undefined)
    assert.equal([...index.filesOf(packOf('p').id)].length, 2)
    assert.deepEqual([...index.filesOf(packOf('none').id)], [])
  })

  test(`${name} takes an empty pack, and any offset a pack can have`, () => {
    const index = open()
    index.addPack(packOf('empty'), [], [])
    assert.ok(index.hasPack(packOf('empty').id))
    const far = {
      ...(objectsOf('far')[0] ?? assert.fail()),
      offset: 2 ** 45,
      storedBytes: 2 ** 32 - 1,
    }
    index.addPack(packOf('far'), [far], [])
    assert.equal(index.find(far.digest)?.offset, 2 ** 45)
  })

  test(`${name} lets packs be removed while their objects are listed`, () => {
    const index = open()
    index.addPack(packOf('a'), objectsOf('1', '2'), [])
    index.addPack(packOf('b'), objectsOf('3'), [])
    for (const pack of index.packs()) {
      for (const object of index.objectsOf(pack.id)) assert.ok(index.find(object.digest))
      index.removePack(pack.id)
    }
    assert.deepEqual([...index.packs()], [])
  })

  test(`${name} answers as a list of packs would, whatever is added and removed`, () => {
    const name_ = fc.constantFrom('a', 'b', 'c', 'd', 'e')
    const step = fc.record({
      pack: fc.nat({ max: 5 }),
      objects: fc.array(name_),
      remove: fc.boolean(),
    })
    fc.assert(
      fc.property(fc.array(step), (sequence) => {
        const index = open()
        const model = new Map<string, string[]>()
        for (const { pack, objects, remove } of sequence) {
          const { id } = packOf(String(pack))
          if (remove) {
            index.removePack(id)
            model.delete(id)
          } else if (!model.has(id)) {
            index.addPack(packOf(String(pack)), objectsOf(...objects), [])
            model.set(id, objects)
          }
        }
        assert.deepEqual(new Set([...index.packs()].map(({ id }) => id)), new Set(model.keys()))
        for (const object of ['a', 'b', 'c', 'd', 'e']) {
          const first = [...model].find(([, objects]) => objects.includes(object))
          assert.equal(index.find(digestFor(object))?.packId, first?.[0])
        }
      }),
      { numRuns: 50 },
    )
  })
}
