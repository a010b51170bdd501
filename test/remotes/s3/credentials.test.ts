/** The first complete credentials win, and half of a pair is an error. */

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import type { RemoteSettings } from '../../../src/ports/remote.ts'
import {
  chooseCredentials,
  type CredentialChoice,
  type CredentialSources,
  type StaticCredentials,
} from '../../../src/remotes/s3/credentials.ts'

const pair = (name: string): StaticCredentials => ({
  accessKeyId: `${name}-key`,
  secretAccessKey: `${name}-secret`,
})

const variables = (prefix: string, name: string): Record<string, string> => ({
  [`${prefix}_ACCESS_KEY_ID`]: `${name}-key`,
  [`${prefix}_SECRET_ACCESS_KEY`]: `${name}-secret`,
})

function choose(
  sources: Partial<Omit<CredentialSources, 'settings'>> & { settings?: Partial<RemoteSettings> },
): Promise<CredentialChoice> {
  return chooseCredentials({
    name: 'my-remote',
    env: {},
    endpointUrl: undefined,
    ...sources,
    settings: { url: 's3://bucket', ...sources.settings },
  })
}

async function keyOf(choice: Promise<CredentialChoice>): Promise<string> {
  const chosen = await choice
  return chosen.kind === 'static' ? chosen.credentials.accessKeyId : chosen.kind
}

describe('credentials are looked for', () => {
  const env = {
    ...variables('MLSTORE_REMOTE_MY_REMOTE', 'named'),
    ...variables('MLSTORE_S3', 'general'),
  }
  const general = variables('MLSTORE_S3', 'general')
  const saved = async (): Promise<StaticCredentials> => pair('saved')
  const settings = { profile: 'work' }

  test('in order: code, variables of the remote, general variables, login, profile, chain', async () => {
    assert.equal(await keyOf(choose({ given: pair('given'), env, saved, settings })), 'given-key')
    assert.equal(await keyOf(choose({ env, saved, settings })), 'named-key')
    assert.equal(await keyOf(choose({ env: general, saved, settings })), 'general-key')
    assert.equal(await keyOf(choose({ saved, settings })), 'saved-key')
    assert.equal(await keyOf(choose({ settings })), 'profile')
    assert.equal(await keyOf(choose({ saved: async () => undefined })), 'chain')
    assert.equal(await keyOf(choose({})), 'chain')
  })

  test('of a saved profile after the profile of the remote, and not for an anonymous one', async () => {
    const profile = async (): Promise<{ profile: string }> => ({ profile: 'saved' })
    const chosen = await choose({ saved: profile })
    assert.deepEqual(chosen, { kind: 'profile', profile: 'saved' })
    const ofRemote = await choose({ saved: profile, settings })
    assert.deepEqual(ofRemote, { kind: 'profile', profile: 'work' })
    assert.equal(
      await keyOf(choose({ saved: profile, settings: { anonymous: true } })),
      'anonymous',
    )
  })

  test('for an anonymous remote only where they are meant for it', async () => {
    const anonymous = { anonymous: true }
    assert.equal(await keyOf(choose({ settings: anonymous })), 'anonymous')
    assert.equal(await keyOf(choose({ settings: anonymous, env: general })), 'anonymous')
    assert.equal(await keyOf(choose({ settings: anonymous, env })), 'named-key')
    assert.equal(await keyOf(choose({ settings: anonymous, saved })), 'saved-key')
  })

  test('for the endpoint of the remote, and undefined is AWS', async () => {
    const asked: unknown[] = []
    const remember = async (endpointUrl: string | undefined): Promise<undefined> => {
      asked.push(endpointUrl)
      return undefined
    }
    await choose({ saved: remember })
    await choose({ saved: remember, endpointUrl: 'https://minio.example/' })
    assert.deepEqual(asked, [undefined, 'https://minio.example/'])
  })

  test('with their session token, and without the newline of the file they came from', async () => {
    const choice = await choose({
      env: {
        MLSTORE_S3_ACCESS_KEY_ID: 'key\n',
        MLSTORE_S3_SECRET_ACCESS_KEY: ' secret ',
        MLSTORE_S3_SESSION_TOKEN: 'token',
      },
    })
    assert.deepEqual(choice, {
      kind: 'static',
      credentials: { accessKeyId: 'key', secretAccessKey: 'secret', sessionToken: 'token' },
      from: 'MLSTORE_S3_ACCESS_KEY_ID',
    })
  })

  test('and an empty variable is an unset one', async () => {
    const env = { MLSTORE_S3_ACCESS_KEY_ID: '', MLSTORE_S3_SECRET_ACCESS_KEY: ' ' }
    assert.equal(await keyOf(choose({ env })), 'chain')
  })
})

test('half of a pair is an error that names what is missing, never a step to the next source', async () => {
  const cases = [
    [{ MLSTORE_S3_ACCESS_KEY_ID: 'key' }, 'MLSTORE_S3_SECRET_ACCESS_KEY'],
    [{ MLSTORE_S3_SECRET_ACCESS_KEY: 'hidden' }, 'MLSTORE_S3_ACCESS_KEY_ID'],
    [{ MLSTORE_S3_SESSION_TOKEN: 'hidden' }, 'MLSTORE_S3_ACCESS_KEY_ID'],
    [
      { MLSTORE_REMOTE_MY_REMOTE_ACCESS_KEY_ID: 'key', ...variables('MLSTORE_S3', 'general') },
      'MLSTORE_REMOTE_MY_REMOTE_SECRET_ACCESS_KEY',
    ],
  ] as const
  for (const [env, missing] of cases) {
    await assert.rejects(choose({ env }), (error: { code?: string; message?: string }) => {
      assert.equal(error.code, 'INVALID_ARGUMENT')
      assert.ok(error.message?.startsWith(missing), error.message)
      assert.ok(!error.message?.includes('hidden'))
      return true
    })
  }
})
