/** A repository of packages that has one of everything, and takes whatever comes. */

import type { PackageInfo, PackageRepository } from '../../src/ports/package-repository.ts'
import { digest } from './fake-shell.ts'

const info: Omit<PackageInfo, 'kind' | 'repository'> = {
  namespace: 'vision',
  name: 'resnet',
  version: '1.0',
  digest: digest('v1'),
  createdAt: '2026-11-21T04:44:50.000Z',
  modelType: null,
  properties: { a: 'b' },
  files: [],
  sizeBytes: 0,
}

export const fakePackages: PackageRepository = {
  upload: async ({ name, namespace = null, version = '1.0', files }) => ({
    name,
    namespace,
    version,
    digest: digest('v1'),
    files: files.length,
    sizeBytes: 0,
    reusedBytes: 0,
    sentBytes: 0,
    unchanged: false,
    remote: 'main',
  }),
  open: async ({ kind, repository }) => ({
    info: { ...info, kind, repository },
    read: () => {
      throw new TypeError('it has no files')
    },
    fetchedBytes: () => 0,
  }),
  list: async () => [
    {
      namespace: 'vision',
      name: 'resnet',
      version: '1.0',
      createdAt: info.createdAt,
      files: 1,
      sizeBytes: 5,
    },
  ],
}
