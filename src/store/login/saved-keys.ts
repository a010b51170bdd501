/** The keys that `mlstore login` saved for an S3 endpoint, as an S3 remote asks for them. */

import { NodeFileSystem } from '../../objects/node-file-system.ts'
import type { Environment } from '../environment.ts'
import { SavedServers } from './saved-servers.ts'
import { keyOf, type KeyServer, type S3Access, serverKey } from './server.ts'

/**
 * Keys or profile for an endpoint: of the default server before others, of a later login before
 * an earlier one.
 *
 * @param endpointUrl `undefined` is AWS.
 * @throws {MlstoreError} As `SavedServers.read`.
 */
export function savedKeysFor(
  environment: Environment,
  endpointUrl: string | undefined,
): S3Access | undefined {
  const list = new SavedServers(new NodeFileSystem(), environment).read()
  const wanted = serverKey('s3', endpointUrl === undefined ? undefined : new URL(endpointUrl))
  const fits = list.servers.filter(
    (server): server is KeyServer => server.kind === 's3' && keyOf(server) === wanted,
  )
  return (fits.find(({ name }) => name === list.default) ?? fits.at(-1))?.access
}
