/**
 * Where a server wants to be asked: many send those who come with http on to https.
 *
 * That is found out without a secret, before one is sent: sent along with the first request it would
 * travel in the clear, and to where a redirect leads a token is not sent. The request is a POST
 * without a body, since a POST is not followed and its answer can be seen.
 */

import type { HttpClient } from './http.ts'

/**
 * The URL with `https:` if the server redirects there, on the same host; else as it is.
 *
 * @throws {MlstoreError} `REMOTE_UNAVAILABLE`, `INTERRUPTED`.
 */
export async function securedUrl(
  http: Pick<HttpClient, 'send'>,
  url: URL,
  signal?: AbortSignal,
): Promise<URL> {
  if (url.protocol !== 'http:') return url
  const response = await http.send(url, { method: 'POST', isRepeatable: false, signal })
  await response.discard()
  const { location } = response.headers
  const isRedirect = response.status >= 300 && response.status < 400
  if (!isRedirect || location === undefined || !URL.canParse(location, url.href)) return url
  const target = new URL(location, url)
  const isUpgrade = target.protocol === 'https:' && target.hostname === url.hostname
  return isUpgrade ? new URL(url.pathname, target.origin) : url
}
