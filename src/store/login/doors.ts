/** How servers are asked whether they take a login; `open.ts` wires the clients behind it. */

import type { ArtifactoryLogin, S3Access } from './server.ts'

export type ServerDoors = {
  /** @throws {MlstoreError} `REMOTE_REFUSED`, `REMOTE_UNAVAILABLE`, `INTERRUPTED`. */
  readonly artifactory: (check: {
    readonly url: URL
    readonly login: ArtifactoryLogin
    readonly signal: AbortSignal | undefined
  }) => Promise<{
    /** The server: https where it sends those who ask with http. */
    readonly origin: string
    /** To be used from now on: a password was exchanged for it. */
    readonly token: string | undefined
    readonly user: string | undefined
    readonly expiresInSeconds: number | undefined
    readonly expiresAt: Date | undefined
    readonly version: string | undefined
  }>
  /** @throws {MlstoreError} `REMOTE_UNAVAILABLE`, `INTERRUPTED`. */
  readonly store: (check: {
    readonly url: URL
    readonly token: string
    readonly signal: AbortSignal | undefined
  }) => Promise<
    | { readonly is: 'store'; readonly version: string; readonly url: URL }
    | { readonly is: 'refused' | 'something else' }
  >
  /** @throws {MlstoreError} `REMOTE_REFUSED`, `REMOTE_UNAVAILABLE`, `INTERRUPTED`. */
  readonly s3: (check: {
    readonly endpointUrl: string | undefined
    readonly access: S3Access
    readonly bucket: string | undefined
    readonly signal: AbortSignal | undefined
  }) => Promise<{ readonly endpointUrl: string | undefined; readonly mayList: boolean }>
}
