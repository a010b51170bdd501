/** The options that name a package, and the storage they lead to. */

import type { PackageStorage } from '../../../compat/package-storage/package-storage.ts'
import { invalidArgument, isMlstoreError } from '../../../errors.ts'
import type { StoreApi } from '../../../store/store.ts'
import { type TextOption, text } from '../../command.ts'
import type { CliContext } from '../../context.ts'

type PlaceOptions = {
  readonly repository: TextOption
  readonly namespace: TextOption
  readonly url: TextOption
}

export const placeOptions: PlaceOptions = {
  repository: text('REPO', "A remote, a part of one, or of the default one; an Artifactory's URL", {
    short: 'r',
    completes: 'remote',
  }),
  namespace: text('NAMESPACE', 'Namespace of the name'),
  url: text('URL', 'The Artifactory of the repository: https://myorg.jfrog.io'),
}

type NameOptions = PlaceOptions & { readonly name: TextOption; readonly version: TextOption }

export const nameOptions: NameOptions = {
  repository: placeOptions.repository,
  name: text('NAME', 'What it is called', { short: 'n' }),
  version: text('VERSION', 'Which version'),
  namespace: placeOptions.namespace,
  url: placeOptions.url,
}

export type Place = {
  readonly repository: string | undefined
  readonly namespace: string | undefined
  readonly url: string | undefined
}

/** @throws {MlstoreError} `INVALID_ARGUMENT` when an option that is needed was left out. */
export function needed(option: string, value: string | undefined): string {
  if (value !== undefined) return value
  throw invalidArgument(`--${option} is missing.`, 'Say which with `--help` as a guide.')
}

/**
 * Does `work` with the storage that the options mean, and closes it.
 *
 * A store is only looked for where no URL names a server.
 */
export async function withStorage<Result>(
  context: CliContext,
  { repository = '', url }: Pick<Place, 'repository' | 'url'>,
  work: (storage: PackageStorage) => Promise<Result>,
): Promise<Result> {
  const { AuthConfig } = await import('../../../compat/package-storage/auth-config.ts')
  const { PackageStorage: Storage } =
    await import('../../../compat/package-storage/package-storage.ts')
  const { environment, progress } = context
  const isElsewhere = url !== undefined || /^https?:\/\//i.test(repository)
  const auth = url === undefined ? undefined : AuthConfig.byUrl(url)
  await using store = isElsewhere ? undefined : await openStoreIfAny(context)
  await using storage = new Storage(auth, { store, environment, progress })
  return await work(storage)
}

/** Without a store, the storage itself knows whether there is a server, or says what to do. */
async function openStoreIfAny({ openStore }: CliContext): Promise<StoreApi | undefined> {
  try {
    return await openStore()
  } catch (error) {
    if (isMlstoreError(error, 'STORE_MISSING')) return undefined
    throw error
  }
}
