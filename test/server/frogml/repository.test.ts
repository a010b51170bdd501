/** A server over a store keeps the promises of a repository of packages. */

import type { TestContext } from 'node:test'

import { ArtifactoryRepository } from '../../../src/clients/artifactory/repository.ts'
import { HttpClient } from '../../../src/clients/http.ts'
import { localReader } from '../../../src/store/packages/package-doors.ts'
import {
  packageRepositoryContract,
  type RepositoryUnderTest,
} from '../../contracts/package-repository.ts'
import { testEnvironment } from '../../support/store.ts'
import { Served } from '../served.ts'

async function served(t: TestContext, name: string): Promise<RepositoryUnderTest> {
  const { url } = await Served.start(t)
  const http = new HttpClient(testEnvironment('/'))
  t.after(() => http.close())
  const parts = { http, url: new URL(url), authorization: undefined, read: localReader() }
  return { repository: new ArtifactoryRepository({ ...parts, repository: name }), name }
}

packageRepositoryContract('served store', (t) => served(t, 'main'))
packageRepositoryContract('served store, odd name', (t) => served(t, 'team/a b'))
