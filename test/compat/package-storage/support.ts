/** What the tests of packages share: a model to upload, and storage on either kind of repository. */

import type { TestContext } from 'node:test'

import { AuthConfig } from '../../../src/compat/package-storage/auth-config.ts'
import { PackageStorage } from '../../../src/compat/package-storage/package-storage.ts'
import type {
  ModelPackageRequest,
  UploadModelRequest,
} from '../../../src/compat/package-storage/requests.ts'
import type { WireModelType } from '../../../src/core/packages/model-type.ts'
import type { Clock } from '../../../src/ports/clock.ts'
import type { Environment } from '../../../src/store/environment.ts'
import { ArtifactoryServer } from '../../support/artifactory-server.ts'
import { TestRepository, testEnvironment } from '../../support/store.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { type FolderSpec, writeFolder } from '../../worktree/folder-spec.ts'

/** As the document writes it. */
export const modelType: WireModelType = {
  framework: 'tensorflow',
  framework_version: '2.3.0',
  serialization_format: 'H5',
  runtime: 'python',
  runtime_version: '3.7',
}

export const modelFiles: FolderSpec & { readonly 'weights.h5': string } = {
  'weights.h5': 'weights '.repeat(500),
  sub: { 'vocab.txt': 'words', 'empty.txt': '' },
}

export const id: ModelPackageRequest = {
  repository: 'main',
  namespace: 'vision',
  modelName: 'resnet',
  version: '1.0',
}

export const upload: UploadModelRequest = {
  ...id,
  modelPath: 'model',
  modelType,
}

/** A store with the remote `main`, a folder beside it, and the model in `model/`. */
export async function storeStorage(
  t: TestContext,
): Promise<{ repository: TestRepository; storage: PackageStorage }> {
  const repository = await TestRepository.create(t)
  repository.write({ model: modelFiles, 'req.txt': 'numpy', 'code.zip': 'PK' })
  const url = `file://${temporaryFolder(t)}`
  await repository.store.addRemote({ name: 'main', settings: { url }, local: true })
  const { environment, store } = repository
  return { repository, storage: new PackageStorage(undefined, { store, environment }) }
}

export type Elsewhere = {
  readonly server: ArtifactoryServer
  readonly storage: PackageStorage
  /** Holds the model in `model/`. */
  readonly folder: string
  readonly environment: Environment
}

/** An Artifactory, asked with a token. */
export async function artifactoryStorage(
  t: TestContext,
  options: { readonly rawUrls?: boolean } = {},
): Promise<Elsewhere> {
  const server = await ArtifactoryServer.start(t, { authorization: 'Bearer t0ken', ...options })
  const folder = temporaryFolder(t)
  writeFolder(folder, { model: modelFiles, 'req.txt': 'numpy', 'code.zip': 'PK' })
  const environment: Environment = { ...testEnvironment(folder), clock: new HastyClock() }
  const auth = AuthConfig.byAccessToken(server.url, 't0ken')
  const storage = new PackageStorage(auth, { environment })
  t.after(() => storage.close())
  return { server, storage, folder, environment }
}

/** Waits in no time. */
class HastyClock implements Clock {
  now = (): Date => new Date(Date.UTC(2026, 10, 21, 4, 44, 50))
  elapsedMs = (): number => 0
  sleep = async (): Promise<void> => undefined
}
