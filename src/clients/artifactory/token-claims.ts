/**
 * What an access token says of itself: Artifactory's are JSON Web Tokens.
 *
 * Only read for display. Nothing is decided by it, so the signature is not checked; a token of
 * another make says nothing.
 */

export type TokenClaims = { readonly user?: string; readonly expiresAt?: Date }

/** The user of `sub: "jfac@01abc/users/anna"`, and the end of `exp`. */
export function tokenClaims(token: string): TokenClaims {
  const claims = payloadOf(token)
  const subject = claims?.['sub']
  const user = typeof subject === 'string' ? /\/users\/([^/]+)$/.exec(subject)?.[1] : undefined
  const expiresAt = timeOf(claims?.['exp'])
  return { ...(user !== undefined && { user }), ...(expiresAt && { expiresAt }) }
}

function payloadOf(token: string): Readonly<Record<string, unknown>> | undefined {
  const [, payload, signature] = token.split('.')
  if (payload === undefined || signature === undefined) return undefined
  try {
    const value: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'))
    return typeof value === 'object' && value !== null ? { ...value } : undefined
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

function timeOf(seconds: unknown): Date | undefined {
  if (typeof seconds !== 'number') return undefined
  const time = new Date(seconds * 1000)
  return Number.isNaN(time.getTime()) ? undefined : time
}
