/** A bucket that is a folder, and people with stores of their own who use it by name. */

import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'

import { BucketRef } from '../../../src/compat/bucket-ref/bucket-ref.ts'
import type { BucketRefOptions } from '../../../src/compat/bucket-ref/requests.ts'
import type { Environment } from '../../../src/store/environment.ts'
import { initStore, openStore } from '../../../src/store/open.ts'
import type { Store } from '../../../src/store/store.ts'
import {
  type FolderSpec,
  listFolder,
  type Listing,
  writeFolder,
} from '../../worktree/folder-spec.ts'
import { testEnvironment } from '../../support/store.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

export type PersonOptions = Partial<Pick<Environment, 'env' | 'clock' | 'remoteSchemes'>> & {
  /** More remotes, by name. */
  readonly remotes?: Readonly<Record<string, string>>
}

export class Person {
  readonly folder: string
  readonly environment: Environment
  readonly #context: TestContext

  private constructor(context: TestContext, environment: Environment) {
    this.#context = context
    this.environment = environment
    this.folder = environment.cwd
  }

  /** @param bucket Folder that the remote `bucket-name` stands for. */
  static async create(
    context: TestContext,
    bucket: string,
    seed: string,
    { remotes = {}, ...world }: PersonOptions = {},
  ): Promise<Person> {
    const made = testEnvironment(temporaryFolder(context), 'anna', seed)
    const environment: Environment = { ...made, ...world }
    await initStore('.', environment)
    const person = new Person(context, environment)
    const store = await person.store()
    for (const [name, url] of Object.entries({ 'bucket-name': bucket, ...remotes })) {
      await store.addRemote({ name, settings: { url }, local: true })
    }
    return person
  }

  /** A handle of the test on the store, beside those that a `BucketRef` opens for itself. */
  async store(): Promise<Store> {
    const store = await openStore({ environment: this.environment })
    this.#context.after(() => store.close())
    return store
  }

  /** The API as the document makes it. */
  api(options: BucketRefOptions = {}): BucketRef {
    return new BucketRef({
      bucket: 'bucket-name',
      projectName: 'my-w&b-project',
      environment: this.environment,
      ...options,
    })
  }

  at(...path: string[]): string {
    return join(this.folder, ...path)
  }

  write(spec: FolderSpec): void {
    writeFolder(this.folder, spec)
  }

  list(path: string): Listing {
    return listFolder(this.at(path))
  }

  text(path: string): string | undefined {
    return existsSync(this.at(path)) ? readFileSync(this.at(path), 'utf8') : undefined
  }
}

/** Keys and texts of a listing of the bucket. */
export async function bucketFiles(store: Store, path: string, project: string): Promise<string[]> {
  const keys: string[] = []
  for await (const { key } of store.listRemote('bucket-name', path, { project })) keys.push(key)
  return keys
}
