/** `mlstore model download` and `mlstore dataset download`: parse, call the storage, print. */

import { type Command, defineCommand, flag, one, text } from '../../command.ts'
import { renderDownloaded } from '../../render/packages.ts'
import { nameOptions, needed, withStorage } from './storage.ts'

const overwrite = flag('Replace files that have other content')

export const downloadModel: Command = defineCommand({
  summary: 'Write a version of a model into a folder',
  details:
    'Every byte is verified before any file appears. Files that are there with the same content stay, other content is an error, and files that the model does not have are left alone.',
  positionals: { target: one('The folder; made if it is not there', 'path') },
  options: {
    ...nameOptions,
    dependencies: text('DIR', 'Write the files it depends on there', { completes: 'path' }),
    code: text('DIR', 'Write the archive of its code there', { completes: 'path' }),
    overwrite,
  },
  examples: [['model download ./models -r main -n resnet --version 1.0', 'Version 1.0']],
  async run({ target: targetPath, ...values }, context) {
    const request = {
      repository: needed('repository', values.repository),
      namespace: values.namespace,
      modelName: needed('name', values.name),
      version: needed('version', values.version),
      targetPath,
      dependenciesTargetPath: values.dependencies,
      codeTargetPath: values.code,
      overwrite: values.overwrite,
      signal: context.signal,
    }
    const result = await withStorage(context, values, (storage) =>
      storage.downloadModelVersion(request),
    )
    await context.output.result(result, renderDownloaded)
  },
})

export const downloadDataset: Command = defineCommand({
  summary: 'Write a version of a data set into a folder',
  details: 'As `mlstore model download`.',
  positionals: { target: one('The folder; made if it is not there', 'path') },
  options: { ...nameOptions, overwrite },
  examples: [['dataset download ./data -r main -n coco --version 2017', 'Version 2017']],
  async run({ target: targetPath, ...values }, context) {
    const request = {
      repository: needed('repository', values.repository),
      namespace: values.namespace,
      datasetName: needed('name', values.name),
      version: needed('version', values.version),
      targetPath,
      overwrite: values.overwrite,
      signal: context.signal,
    }
    const result = await withStorage(context, values, (storage) =>
      storage.downloadDatasetVersion(request),
    )
    await context.output.result(result, renderDownloaded)
  },
})
