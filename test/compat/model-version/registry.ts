/**
 * A registry of models for tests: stores on several computers that share a folder as their remote.
 */

import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { TestContext } from 'node:test'
import { pathToFileURL } from 'node:url'

import { type Environment, initStore, ModelVersion, openStore } from '../../../src/index.ts'
import type { ModelVersionOptions } from '../../../src/compat/model-version/options.ts'
import { testEnvironment } from '../../support/store.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

export const project = 'onclusive/test'
export const model = 'TES-TEST'
export const artifact = 'model/onclusive/test/TES-TEST'

/** The bucket is a folder: a remote may have the name of a bucket. */
export const bucket = 'model-store'

export type ComputerOptions = {
  readonly env?: Readonly<Record<string, string>>
  /** Default: the one called `bucket`, the same for all computers. */
  readonly remote?: 'none'
}

export class Registry {
  readonly #context: Pick<TestContext, 'after'>
  readonly #folder: string

  constructor(context: Pick<TestContext, 'after'>) {
    this.#context = context
    this.#folder = temporaryFolder(context)
  }

  /** A computer with a store; `name` is its user and its host. */
  async computer(name = 'anna', { env = {}, remote }: ComputerOptions = {}): Promise<Computer> {
    const cwd = temporaryFolder(this.#context)
    const lines: string[] = []
    const environment: Environment = {
      ...testEnvironment(cwd, name, Buffer.from(name).toString('hex').slice(0, 16)),
      host: `${name}-box`,
      env,
      stderr: (text) => lines.push(text),
    }
    await initStore('.', environment)
    if (remote !== 'none') await addRemote(environment, bucket, join(this.#folder, bucket))
    return new Computer(this.#context, environment, lines)
  }

  /** One more remote of a computer. */
  addRemote(computer: Computer, name: string): Promise<void> {
    return addRemote(computer.environment, name, join(this.#folder, name))
  }
}

async function addRemote(environment: Environment, name: string, folder: string): Promise<void> {
  await using store = await openStore({ environment })
  mkdirSync(folder, { recursive: true })
  await store.addRemote({ name, settings: { url: pathToFileURL(folder).href }, local: true })
}

export class Computer {
  readonly environment: Environment
  /** What was logged, a line each. */
  readonly lines: readonly string[]
  readonly #context: Pick<TestContext, 'after'>

  constructor(
    context: Pick<TestContext, 'after'>,
    environment: Environment,
    lines: readonly string[],
  ) {
    this.#context = context
    this.environment = environment
    this.lines = lines
  }

  at(...path: string[]): string {
    return join(this.environment.cwd, ...path)
  }

  write(files: Readonly<Record<string, string | Buffer>>): void {
    for (const [path, content] of Object.entries(files)) {
      mkdirSync(dirname(this.at(path)), { recursive: true })
      writeFileSync(this.at(path), content)
    }
  }

  /** Closed after the test, if the test does not. */
  modelVersion(options: Partial<ModelVersionOptions> = {}): ModelVersion {
    const { environment } = this
    const version = new ModelVersion({ model, project, environment, mode: 'sync', ...options })
    this.#context.after(() => version.close())
    return version
  }

  /** Makes a version with these attributes. @returns Its id. */
  async made(attributes: Readonly<Record<string, string>>): Promise<string> {
    const version = this.modelVersion()
    for (const [path, text] of Object.entries(attributes)) {
      await version.uploadFile(Buffer.from(text), path)
    }
    const { id } = await version.stop()
    return id
  }

  /** What another process on this computer sees. */
  async content(withId: string): Promise<Record<string, string>> {
    await using version = this.modelVersion({ withId, mode: 'read-only' })
    const content: Record<string, string> = {}
    for (const { path } of await version.listAttributes()) {
      content[path] = await attributeText(version, path)
    }
    return content
  }

  store(): ReturnType<typeof openStore> {
    return openStore({ environment: this.environment })
  }
}

export async function attributeText(version: ModelVersion, path: string): Promise<string> {
  const pieces: Uint8Array[] = []
  for await (const piece of version.readAttribute(path)) pieces.push(piece)
  return Buffer.concat(pieces).toString()
}
