/** A login to another mlstore's server (`mlstore serve`): whether it takes a token. */

import { MlstoreError } from '../../errors.ts'
import type { HttpClient } from '../http.ts'
import { securedUrl } from '../secured-url.ts'

export type StoreServerCheck = {
  readonly url: URL
  readonly token: string
  readonly signal?: AbortSignal | undefined
}

/** What the server answered to an authorised `GET /version`. */
export type StoreServerAnswer =
  | { readonly is: 'store'; readonly version: string; readonly url: URL }
  | { readonly is: 'refused'; readonly status: number }
  | { readonly is: 'something else' }

/**
 * Asks the server for its version.
 *
 * @throws {MlstoreError} `REMOTE_UNAVAILABLE`, `INTERRUPTED`.
 */
export async function askStoreServer(
  http: Pick<HttpClient, 'send'>,
  { url, token, signal }: StoreServerCheck,
): Promise<StoreServerAnswer> {
  const path = `${url.pathname.replace(/\/+$/, '')}/version`
  const headers = { authorization: `Bearer ${token}` }
  const secured = await securedUrl(http, new URL(path, url), signal)
  const response = await http.send(secured, { headers, isRepeatable: false, signal })
  const text = (await response.text()).trim()
  const { status } = response
  if (status === 401 || status === 403) return { is: 'refused', status }
  if (status >= 500) {
    throw new MlstoreError('REMOTE_UNAVAILABLE', `${url.origin} answered ${status}.`, {
      hint: 'Try again when the server is up.',
      details: { status },
    })
  }
  const version = status === 200 ? versionIn(text) : undefined
  if (version === undefined) return { is: 'something else' }
  return { is: 'store', version, url: new URL(url.pathname, secured.origin) }
}

/** As plain text, or as `{"version": …}`. A page for people, which others answer with, has none. */
function versionIn(text: string): string | undefined {
  const said = text.startsWith('{') ? versionField(text) : text
  return typeof said === 'string' && /^\d+\.\d+[\w.+-]{0,40}$/.test(said) ? said : undefined
}

function versionField(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? Reflect.get(value, 'version') : undefined
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}
