/** Wires the accounts: the clients that ask servers are loaded when one is asked. */

import type { HttpClient } from '../../clients/http.ts'
import { NodeFileSystem } from '../../objects/node-file-system.ts'
import type { Environment } from '../environment.ts'
import { systemEnvironment } from '../system-environment.ts'
import { Accounts } from './accounts.ts'
import type { ServerDoors } from './doors.ts'

/** The logins of the user; nothing is read or asked yet. */
export function openAccounts(environment: Environment = systemEnvironment()): Accounts {
  return new Accounts({ fs: new NodeFileSystem(), environment, doors: doorsOf(environment) })
}

function doorsOf(environment: Environment): ServerDoors {
  return {
    artifactory: async (check) => {
      const { checkAccount } = await import('../../clients/artifactory/account.ts')
      return withClient(environment, (http) => checkAccount(http, check))
    },
    store: async (check) => {
      const { askStoreServer } = await import('../../clients/store-server/account.ts')
      return withClient(environment, (http) => askStoreServer(http, check))
    },
    s3: async (check) => {
      const { checkS3Login } = await import('../../remotes/s3/check-login.ts')
      return checkS3Login({ ...check, env: environment.env })
    },
  }
}

async function withClient<Result>(
  { env, clock }: Environment,
  ask: (http: HttpClient) => Promise<Result>,
): Promise<Result> {
  const { HttpClient: Client } = await import('../../clients/http.ts')
  const http = new Client({ env, clock })
  try {
    return await ask(http)
  } finally {
    await http.close()
  }
}
