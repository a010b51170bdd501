/** `clone`: a store that knows what a remote knows. */

import { resolve } from 'node:path'

import { decodeRemoteFormat } from '../core/remote-format.ts'
import { remoteFormatKey } from '../core/remote-layout.ts'
import { invalidArgument, type MlstoreError, notFound } from '../errors.ts'
import type { ConfiguredRemote } from './config.ts'
import type { Environment } from './environment.ts'
import type { OpenOptions } from './open.ts'
import type { OpenRemote } from './parts.ts'
import type { CloneRequest } from './requests.ts'
import type { CloneResult, InitResult } from './results.ts'
import type { Store } from './store.ts'

/** What `open.ts` can do, which alone chooses the parts. */
export type CloneDoors = {
  readonly environment: Environment
  readonly openRemote: (remote: ConfiguredRemote) => Promise<OpenRemote>
  readonly initStore: (directory: string) => Promise<InitResult>
  readonly openStore: (options: OpenOptions) => Promise<Store>
}

/** Asks the remote first, so that nothing is made for a URL that is wrong. */
export async function clone(doors: CloneDoors, request: CloneRequest): Promise<CloneResult> {
  const { settings, singleWriter = false, all, signal, progress } = request
  const origin = { name: 'origin', settings, singleWriter, local: false }
  await requireRepository(doors, origin, signal)
  const directory = resolve(doors.environment.cwd, request.directory ?? '.')
  const { store: storeDirectory, created } = await doors.initStore(directory)
  await using store = await doors.openStore({ cwd: directory, storeDirectory, progress })
  const known = (await store.listRemotes()).find((remote) => remote.name === origin.name)
  if (known === undefined) await store.addRemote(origin)
  else if (known.url !== settings.url) throw otherOrigin(store.directory, known.url)
  const remote = origin.name
  const result =
    all === true
      ? await store.pull({ remote, all, signal })
      : { ...(await store.fetch({ remote, signal })), bytesReceived: 0, files: 0 }
  return { ...result, store: store.directory, created }
}

async function requireRepository(
  { openRemote }: CloneDoors,
  origin: ConfiguredRemote,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { remote } = await openRemote(origin)
  try {
    const bytes = await remote.get(remoteFormatKey, { signal })
    if (bytes === undefined) throw notFound(`${remote.url} holds no repository.`, 'Check the URL.')
    decodeRemoteFormat(bytes, `${remote.url}/${remoteFormatKey}`)
  } finally {
    await remote.close()
  }
}

function otherOrigin(store: string, url: string): MlstoreError {
  return invalidArgument(
    `${store} has the remote origin already: ${url}.`,
    'Clone into another folder, or add the remote under another name.',
  )
}
