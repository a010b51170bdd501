/** Both kinds of repository keep the same promises. */

import { ArtifactoryRepository } from '../../../src/clients/artifactory/repository.ts'
import { HttpClient } from '../../../src/clients/http.ts'
import { localReader } from '../../../src/store/packages/package-doors.ts'
import { packageRepositoryContract } from '../../contracts/package-repository.ts'
import { ArtifactoryServer } from '../../support/artifactory-server.ts'
import { TestRepository, testEnvironment } from '../../support/store.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

packageRepositoryContract('store with a remote', async (t) => {
  const { store } = await TestRepository.create(t)
  const url = `file://${temporaryFolder(t)}`
  await store.addRemote({ name: 'main', settings: { url }, local: true })
  return { repository: await store.packageRepository('main'), name: 'main' }
})

packageRepositoryContract('store without a remote', async (t) => {
  const { store } = await TestRepository.create(t)
  return { repository: await store.packageRepository('team/a'), name: 'team/a' }
})

packageRepositoryContract('Artifactory', async (t) => {
  const server = await ArtifactoryServer.start(t)
  const http = new HttpClient(testEnvironment('/'))
  t.after(() => http.close())
  const url = new URL(server.url)
  const parts = { http, url, authorization: undefined, read: localReader() }
  return { repository: new ArtifactoryRepository({ ...parts, repository: 'ml' }), name: 'ml' }
})
