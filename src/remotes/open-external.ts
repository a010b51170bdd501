/**
 * Opens a place with objects of the user by its URI: `s3://bucket/prefix`, `file:///folder`, or the
 * absolute path of a folder. The prefix of a bucket may hold what the prefix of a remote may not.
 */

import { pathToFileURL } from 'node:url'

import type { ExternalFolder } from '../ports/external-folder.ts'
import type { RemoteSettings } from '../ports/remote.ts'
import { ExternalDirectory } from './external-directory.ts'
import { connectS3, type RemoteEnvironment } from './open-remote.ts'
import { parseRemoteUrl, unknownScheme } from './remote-url.ts'
import { S3ExternalFolder } from './s3/external-folder.ts'

/**
 * Opens a place. Nothing is asked yet.
 *
 * @param settings `url` is the URI; the rest says how to reach the server.
 * @throws {MlstoreError} `INVALID_ARGUMENT` as for a remote.
 */
export async function openExternal(
  settings: RemoteSettings,
  environment: RemoteEnvironment,
): Promise<ExternalFolder> {
  const [, server = settings.url, prefix = ''] =
    /^(s3:\/\/[^/]+)\/*(.*?)\/*$/is.exec(settings.url) ?? []
  const place = parseRemoteUrl(server)
  if (place.kind === 'other') throw unknownScheme(place.scheme)
  if (place.kind === 'directory') {
    return new ExternalDirectory(place.path, pathToFileURL(place.path).href)
  }
  const { bucket } = place
  const uri = prefix === '' ? `s3://${bucket}` : `s3://${bucket}/${prefix}`
  const connection = await connectS3({ ...settings, url: uri }, environment)
  return new S3ExternalFolder(connection, { uri, bucket, prefix })
}
