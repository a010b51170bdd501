/** Opens remotes on the test server: the bare adapter, or all the layers that users get. */

import type { TestContext } from 'node:test'

import type { Remote, RemoteSettings } from '../../../src/ports/remote.ts'
import { openRemote, type RemoteEnvironment } from '../../../src/remotes/open-remote.ts'
import { S3Server, type S3ServerOptions } from '../../support/s3-server/server.ts'
import { type FakeClock, fakeClock } from '../fake-clock.ts'

// The SDK announces on Node 20 that it will ask for more next year.
process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true'

export const testCredentials = { accessKeyId: 'test-key', secretAccessKey: 'test-secret' }

export type OpenOptions = {
  readonly server?: S3ServerOptions
  readonly settings?: Partial<RemoteSettings>
  readonly environment?: Partial<RemoteEnvironment>
}

export type OpenedS3 = {
  readonly server: S3Server
  readonly remote: Remote
  /** Sleeps between retries cost no time; they are written down here. */
  readonly clock: FakeClock
}

/** A server and a remote on it, both gone when the test has ended. */
export async function openOnServer(
  context: Pick<TestContext, 'after'>,
  options: OpenOptions = {},
): Promise<OpenedS3> {
  const server = await S3Server.start(options.server)
  context.after(() => server.close())
  const clock = fakeClock()
  const remote = await openAt(server, options, clock)
  context.after(() => remote.close())
  return { server, remote, clock }
}

export async function openAt(
  server: S3Server,
  options: OpenOptions = {},
  clock: FakeClock = fakeClock(),
): Promise<Remote> {
  return openRemote(
    { url: `s3://${server.bucket}/some/prefix`, endpointUrl: server.url, ...options.settings },
    {
      name: 'origin',
      env: {},
      clock,
      ids: { id: () => '0'.repeat(32), random: () => 0.5 },
      credentials: testCredentials,
      ...options.environment,
    },
  )
}
