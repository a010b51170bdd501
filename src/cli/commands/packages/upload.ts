/** `mlstore model upload` and `mlstore dataset upload`: parse, call the storage, print. */

import type { UploadReport } from '../../../store/packages/package-doors.ts'
import { type Command, defineCommand, list, one, text } from '../../command.ts'
import type { CliContext } from '../../context.ts'
import { parseTags } from '../../key-values.ts'
import { visible } from '../../../core/visible-text.ts'
import { renderUploaded } from '../../render/packages.ts'
import { nameOptions, needed, withStorage } from './storage.ts'

const version = text('VERSION', 'Default: the UTC time, yyyy-MM-dd-HH-mm-ss')
const property = list('K=V', 'A property, to find it by; up to 60 characters each')

export const uploadModel: Command = defineCommand({
  summary: 'Upload a file or a folder as a version of a model',
  details:
    'The version is there as a whole or not at all. Content that the repository has is not sent again. In a store the model is the artifact model/REPO/[NAMESPACE/]NAME, the version its label, properties are tags; it is pushed at once. Files of version control (.git, .gitignore, CVS ...) and .DS_Store are left out.',
  positionals: { path: one('A file or a folder', 'path') },
  options: {
    ...nameOptions,
    version,
    modelType: text(
      'JSON',
      'framework, framework_version, serialization_format, runtime, runtime_version',
    ),
    property,
    dependency: list('FILE', 'A file it depends on, such as requirements.txt', {
      completes: 'path',
    }),
    code: text('FILE', 'An archive of its code', { completes: 'path' }),
  },
  examples: [
    [
      `model upload ./resnet -r main -n resnet --version 1.0 --model-type '{"framework":"torch","framework_version":"2.3","serialization_format":"pt","runtime":"python","runtime_version":"3.12"}'`,
      'A folder as version 1.0, on the remote main',
    ],
  ],
  async run(values, context) {
    const request = {
      repository: needed('repository', values.repository),
      namespace: values.namespace,
      modelName: needed('name', values.name),
      version: values.version,
      modelPath: values.path,
      modelType: needed('model-type', values.modelType),
      properties: parseTags(values.property),
      dependenciesFilesPaths: values.dependency,
      codeArchiveFilePath: values.code,
      signal: context.signal,
    }
    const report = await withStorage(context, values, (storage) =>
      storage.uploadModelVersion(request),
    )
    await print(context, report)
  },
})

export const uploadDataset: Command = defineCommand({
  summary: 'Upload a file or a folder as a version of a data set',
  details: 'As `mlstore model upload`; a data set has no type, dependencies and code.',
  positionals: { path: one('A file or a folder', 'path') },
  options: { ...nameOptions, version, property },
  examples: [
    [
      'dataset upload ./coco -r main -n coco --namespace vision --property split=train',
      'A folder, named by the time',
    ],
  ],
  async run({ path: sourcePath, property: properties, ...values }, context) {
    const request = {
      repository: needed('repository', values.repository),
      namespace: values.namespace,
      datasetName: needed('name', values.name),
      version: values.version,
      sourcePath,
      properties: parseTags(properties),
      signal: context.signal,
    }
    const report = await withStorage(context, values, (storage) =>
      storage.uploadDatasetVersion(request),
    )
    await print(context, report)
  },
})

async function print({ output }: CliContext, report: UploadReport): Promise<void> {
  await output.result(report, renderUploaded)
  const { leftOut, remote } = report
  if (leftOut.length > 0) await output.note(`Left out: ${shown(leftOut)}.`)
  if (remote === null) {
    await output.note(
      'It is in this store only: no remote is configured. Push it when there is one.',
    )
  }
}

function shown(paths: readonly string[]): string {
  const more = paths.length > 5 ? ` and ${paths.length - 5} more` : ''
  return `${paths.slice(0, 5).map(visible).join(', ')}${more}`
}
