/** A user with a home folder of their own, and the logins in it. */

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { TestContext } from 'node:test'

import type { Environment } from '../../src/store/environment.ts'
import type { Accounts } from '../../src/store/login/accounts.ts'
import { openAccounts } from '../../src/store/login/open-accounts.ts'
import { testEnvironment } from './store.ts'
import { temporaryFolder } from './temporary-folder.ts'

export class Home {
  readonly folder: string
  readonly environment: Environment
  readonly accounts: Accounts

  constructor(context: Pick<TestContext, 'after'>, variables: Environment['env'] = {}) {
    this.folder = temporaryFolder(context)
    const env = { HOME: this.folder, AWS_EC2_METADATA_DISABLED: 'true', ...variables }
    this.environment = { ...testEnvironment(this.folder), env }
    this.accounts = openAccounts(this.environment)
  }

  /** Where logins are saved. */
  get path(): string {
    return join(this.folder, '.config', 'mlstore', 'servers.json')
  }

  /** What is saved; '' before the first login. */
  get saved(): string {
    return existsSync(this.path) ? readFileSync(this.path, 'utf8') : ''
  }

  /** Writes a file of another tool: `write('.frogml/config.json', { servers: [] })`. */
  write(path: string, content: string | object): string {
    const file = join(this.folder, path)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content))
    return file
  }

  /** The same home with other variables. */
  with(variables: Environment['env']): Accounts {
    return openAccounts(this.environmentWith(variables))
  }

  environmentWith(variables: Environment['env']): Environment {
    return { ...this.environment, env: { ...this.environment.env, ...variables } }
  }
}
