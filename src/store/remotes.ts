/** `remote add`, `list`, `rm`, `set-url`: which remotes there are. Nothing is sent. */

import { parseRemoteName } from '../core/names.ts'
import { decodeRemoteFormat } from '../core/remote-format.ts'
import { remoteFormatKey } from '../core/remote-layout.ts'
import { digestOf } from '../core/digest.ts'
import { invalidArgument, MlstoreError } from '../errors.ts'
import type { ConfigEdit, ConfiguredRemote } from './config.ts'
import type { StoreParts } from './parts.ts'
import type { RemoteAddRequest } from './requests.ts'
import type { RemoteListing } from './results.ts'

/** Adds a remote to `mlstore.json`, or with `local` to this store only. */
export async function addRemote(
  parts: StoreParts,
  request: RemoteAddRequest,
): Promise<RemoteListing> {
  const name = parseRemoteName(request.name)
  const { settings, local = false, singleWriter = false } = request
  const remote: ConfiguredRemote = { name, settings, local, singleWriter }
  await checkRemoteUrl(parts, remote)
  return parts.write(() => {
    const config = parts.config()
    if (config.remotes().some((other) => other.name === name)) {
      throw invalidArgument(
        `There is a remote ${name} already.`,
        `\`mlstore remote set-url ${name} URL\` changes it, \`mlstore remote rm ${name}\` removes it.`,
      )
    }
    writeConfig(parts, config.withRemote(name, remote))
    return listing(parts, remote)
  })
}

export function listRemotes(parts: StoreParts): RemoteListing[] {
  return parts
    .config()
    .remotes()
    .map((remote) => listing(parts, remote))
}

/** Forgets a remote's settings; what was learned of its log stays known. */
export async function removeRemote(parts: StoreParts, name: string): Promise<void> {
  await parts.write(() => {
    const config = parts.config()
    config.remote(name)
    writeConfig(parts, config.withRemote(name, undefined))
  })
}

/**
 * Gives a remote another URL, where the same repository must be.
 *
 * @throws {MlstoreError} `REMOTE_REPLACED` if another repository is there.
 */
export async function setRemoteUrl(
  parts: StoreParts,
  name: string,
  url: string,
): Promise<RemoteListing> {
  const before = parts.config().remote(name)
  const remote: ConfiguredRemote = { ...before, settings: { ...before.settings, url } }
  const known = parts.catalog.remotes.byName(name)
  const found = await readIdentity(parts, remote)
  if (known !== undefined && found?.repoId !== known.repoId) {
    throw new MlstoreError(
      'REMOTE_REPLACED',
      found === undefined
        ? `${url} holds no repository yet, and ${name} is known as ${known.repoId}.`
        : `${url} holds repository ${found.repoId}; ${name} is ${known.repoId}.`,
      { hint: `Copy it there first (\`mlstore remote copy\`), or add it under another name.` },
    )
  }
  return parts.write((scope) => {
    writeConfig(parts, parts.config().withRemote(name, remote))
    if (found !== undefined) {
      scope.append([
        { kind: 'remote', name, url: found.url, repoId: found.repoId, format: found.format },
      ])
    }
    return listing(parts, remote)
  })
}

/** Writes one of the two settings files; the caller holds the writer lock. */
export function writeConfig(
  parts: Pick<StoreParts, 'durableWrite'>,
  { path, text }: ConfigEdit,
): void {
  parts.durableWrite(path, Buffer.from(text))
}

/**
 * Opening sends nothing, but refuses what can never work.
 *
 * @throws {MlstoreError} `INVALID_ARGUMENT`
 */
export async function checkRemoteUrl(parts: StoreParts, remote: ConfiguredRemote): Promise<void> {
  const opened = await parts.openRemote(remote)
  await opened.remote.close()
}

async function readIdentity(
  parts: StoreParts,
  remote: ConfiguredRemote,
): Promise<{ repoId: string; url: string; format: ReturnType<typeof digestOf> } | undefined> {
  const opened = await parts.openRemote(remote)
  try {
    const bytes = await opened.remote.get(remoteFormatKey)
    if (bytes === undefined) return undefined
    const { repoId } = decodeRemoteFormat(bytes, `${opened.remote.url}/${remoteFormatKey}`)
    return { repoId, url: opened.remote.url, format: digestOf(bytes) }
  } finally {
    await opened.remote.close()
  }
}

function listing(parts: StoreParts, remote: ConfiguredRemote): RemoteListing {
  const known = parts.catalog.remotes.byName(remote.name)
  const head = known && parts.catalog.remotes.head(known.repoId)
  return {
    name: remote.name,
    url: remote.settings.url,
    default: parts.config().defaultRemote()?.name === remote.name,
    local: remote.local,
    repoId: known?.repoId ?? null,
    seq: head?.seq ?? null,
  }
}
