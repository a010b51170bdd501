/** `info` and `list` of `mlstore model` and `mlstore dataset`: parse, call the storage, print. */

import type { PackageKind } from '../../../core/packages/package.ts'
import { kindInWords } from '../../../core/packages/package-names.ts'
import { type Command, defineCommand, flag } from '../../command.ts'
import { renderPackageInfo, renderPackages, renderPackageVersions } from '../../render/packages.ts'
import { nameOptions, needed, placeOptions, withStorage } from './storage.ts'

export function infoOf(kind: PackageKind): Command {
  return defineCommand({
    summary: `Show what a version of a ${kindInWords[kind]} holds`,
    options: {
      ...nameOptions,
      manifest: flag(`Print ${kind}-manifest.json, as FrogML's clients know it`),
    },
    examples: [[`${kind} info -r main -n resnet --version 1.0`, 'Its files with their digests']],
    async run({ manifest, ...values }, context) {
      const { namespace } = values
      const name = needed('name', values.name)
      const repository = needed('repository', values.repository)
      const version = needed('version', values.version)
      const { signal, output } = context
      const request = { repository, namespace, version, signal }
      const model = { ...request, modelName: name }
      const dataset = { ...request, datasetName: name }
      const isModel = kind === 'model'
      await withStorage(context, values, async (storage) => {
        if (manifest) {
          const document = await (isModel
            ? storage.modelManifest(model)
            : storage.datasetManifest(dataset))
          await output.text(JSON.stringify(document, undefined, output.json ? undefined : 2))
          return
        }
        const info = await (isModel ? storage.modelInfo(model) : storage.datasetInfo(dataset))
        await output.result(info, renderPackageInfo)
      })
    },
  })
}

export function listOf(kind: PackageKind): Command {
  const things = `${kindInWords[kind]}s`
  return defineCommand({
    summary: `List the ${things} of a repository, or the versions of one`,
    options: { repository: placeOptions.repository, name: nameOptions.name, ...laterOptions },
    examples: [
      [`${kind} list -r main`, `The ${things}, with their newest versions`],
      [`${kind} list -r main -n resnet`, 'Versions, newest first'],
    ],
    async run({ name, ...values }, context) {
      const { namespace } = values
      const { signal, output } = context
      const request = { repository: needed('repository', values.repository), namespace, signal }
      await withStorage(context, values, async (storage) => {
        if (name === undefined) {
          const all = await (kind === 'model'
            ? storage.listModels(request)
            : storage.listDatasets(request))
          await output.result(all, renderPackages)
          return
        }
        const versions = await (kind === 'model'
          ? storage.listModelVersions({ ...request, modelName: name })
          : storage.listDatasetVersions({ ...request, datasetName: name }))
        await output.result(versions, renderPackageVersions)
      })
    },
  })
}

const laterOptions = { namespace: placeOptions.namespace, url: placeOptions.url }
