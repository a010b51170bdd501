/** Profiles and AWS's own chain: what the SDK reads from files and from the process. */

import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'

import { TestProxy } from '../../support/s3-server/proxy.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { openOnServer } from './open.ts'

/** Puts files in the place of `~/.aws` for the rest of this test file. */
function useFiles(context: TestContext): void {
  const folder = temporaryFolder(context)
  const write = (variable: string, text: string): void => {
    const path = join(folder, variable)
    writeFileSync(path, text)
    process.env[variable] = path
  }
  const secrets = (name: string): string =>
    `[${name}]\naws_access_key_id = ${name}-key\naws_secret_access_key = ${name}-secret\n`
  write('AWS_CONFIG_FILE', '[profile work]\nregion = eu-north-1\n')
  write('AWS_SHARED_CREDENTIALS_FILE', secrets('work') + secrets('default'))
  process.env['AWS_EC2_METADATA_DISABLED'] = 'true'
}

test('a profile gives the credentials, and without one the chain of AWS does', async (context) => {
  useFiles(context)
  for (const [settings, key] of [
    [{ profile: 'work' }, 'work-key'],
    [{}, 'default-key'],
  ] as const) {
    const { server, remote } = await openOnServer(context, {
      settings,
      environment: { credentials: undefined },
    })
    await remote.get('k')
    const [request] = server.requests
    assert.match(String(request?.headers.authorization), new RegExp(`Credential=${key}/`))
  }
})

test('no credentials anywhere is a refusal, before anything is sent', async (context) => {
  useFiles(context)
  const { server, remote } = await openOnServer(context, {
    settings: { profile: 'absent' },
    environment: { credentials: undefined },
  })
  await assert.rejects(remote.get('k'), { code: 'REMOTE_REFUSED' })
  assert.deepEqual(server.requests, [])
})

test('on AWS the region of the profile is used, and the bucket stands in the host name', async (context) => {
  useFiles(context)
  // A proxy that lets nobody through: no packet of this test leaves the machine.
  const proxy = await TestProxy.start('somebody:else')
  context.after(() => proxy.close())
  for (const [settings, host] of [
    [{ profile: 'work' }, 'my-bucket.s3.eu-north-1.amazonaws.com'],
    [{}, 'my-bucket.s3.us-east-1.amazonaws.com'],
    [{ region: 'ap-south-1' }, 'my-bucket.s3.ap-south-1.amazonaws.com'],
    [{ pathStyle: true, region: 'ap-south-1' }, 's3.ap-south-1.amazonaws.com'],
  ] as const) {
    const { remote } = await openOnServer(context, {
      settings: { url: 's3://my-bucket/x', endpointUrl: undefined, ...settings },
      environment: { env: { HTTPS_PROXY: proxy.host }, retries: { triesMax: 1 } },
    })
    await assert.rejects(remote.get('k'), { code: 'REMOTE_UNAVAILABLE' })
    assert.equal(proxy.log.pop(), `CONNECT ${host}:443`)
  }
})
