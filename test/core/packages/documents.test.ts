/** Manifests of untrusted servers, and the type of a model. */

import * as fc from 'fast-check'
import assert from 'node:assert/strict'
import { test } from 'node:test'

import { parseUserJson } from '../../../src/core/canonical-json.ts'
import { digestOf } from '../../../src/core/digest.ts'
import {
  infoDocument,
  manifestOf,
  readManifest,
  refuseHostilePaths,
} from '../../../src/core/packages/documents.ts'
import { parseModelType, wireModelType } from '../../../src/core/packages/model-type.ts'
import type { PackageFile, PackageKind } from '../../../src/core/packages/package.ts'
import { MlstoreError } from '../../../src/errors.ts'

const modelType = {
  framework: 'torch',
  frameworkVersion: '2.3',
  serializationFormat: 'pt',
  runtime: 'python',
  runtimeVersion: '3.12',
}

const refused = (work: () => void, code = 'INVALID_ARGUMENT'): void => {
  assert.throws(work, (error) => error instanceof MlstoreError && error.code === code)
}

const file = (path: string, part: PackageFile['part'] = 'files'): PackageFile => ({
  part,
  path,
  sizeBytes: path.length,
  digest: digestOf(Buffer.from(path)),
})

function reread(kind: PackageKind, document: unknown): ReturnType<typeof readManifest> {
  return readManifest(kind, parseUserJson(JSON.stringify(document)), 'the manifest')
}

test('what a manifest or an info document says is read back', () => {
  const anyFiles = fc.uniqueArray(fc.string({ minLength: 1 }), { maxLength: 5 })
  fc.assert(
    fc.property(anyFiles, anyFiles, fc.boolean(), (own, needed, hasCode) => {
      const files = [
        ...own.map((path) => file(path)),
        ...needed.map((path) => file(path, 'dependencies')),
        ...(hasCode ? [file('code.zip', 'code')] : []),
      ]
      const content = { kind: 'model', name: 'n', version: 'v', modelType, files } as const
      for (const document of [infoDocument(content), manifestOf(content, new Date(0))]) {
        const read = reread('model', document)
        assert.deepEqual(read.modelType, modelType)
        assert.deepEqual(
          read.files.map(({ downloadUrl: _url, ...each }) => each),
          files,
        )
      }
    }),
  )
})

test('a manifest tells the time in UTC with two decimals, and a data set has files only', () => {
  const manifest = manifestOf({ kind: 'dataset', files: [file('a')] }, new Date(1_795_231_145_430))
  assert.equal(manifest.created_date, '2026-11-21T03:19:05.43')
  assert.deepEqual(Object.keys(manifest), ['created_date', 'dataset_artifacts'])
})

test('a manifest that is none is an error that names the field', () => {
  for (const wrong of [[], {}, { model_artifacts: [{}] }, { model_artifacts: 'x' }]) {
    refused(() => reread('model', wrong), 'CORRUPT')
  }
  const [short] =
    manifestOf({ kind: 'model', files: [file('a')] }, new Date(0)).model_artifacts ?? []
  refused(
    () => reread('model', { model_artifacts: [{ ...short, checksums: { sha2: 'x' } }] }),
    'CORRUPT',
  )
})

test('another clients manifest without a whole type is read all the same', () => {
  assert.equal(
    reread('model', { model_artifacts: [], model_format: { a: 1 } }).modelType,
    undefined,
  )
  assert.equal(reread('model', { model_artifacts: [] }).modelType, undefined)
})

test('no path of a manifest leads out of its folder', () => {
  for (const path of [
    '',
    '/a',
    '../a',
    'a/../../b',
    'a\\..\\b',
    '\\a',
    'C:\\a',
    'a//b',
    './a',
    'a\0',
  ]) {
    refused(() => refuseHostilePaths([file('good'), file(path)]))
  }
  refuseHostilePaths([file('a/b.c'), file('..a'), file('a..'), file('a b/ü')])
})

test('all five fields of a type are needed, in one spelling each', () => {
  assert.deepEqual(parseModelType(modelType), modelType)
  assert.deepEqual(parseModelType(wireModelType(modelType)), modelType)
  assert.deepEqual(parseModelType(JSON.stringify(modelType)), modelType)
  for (const name of Object.keys(modelType)) {
    refused(() => parseModelType({ ...modelType, [name]: undefined }))
    refused(() => parseModelType({ ...modelType, [name]: '' }))
    refused(() => parseModelType({ ...modelType, [name]: 1 }))
  }
  refused(() => parseModelType({ ...modelType, framework_version: '2' }))
  refused(() => parseModelType({ ...modelType, more: 'x' }))
  for (const wrong of [undefined, null, 1, '', '{', '1', []]) refused(() => parseModelType(wrong))
})
