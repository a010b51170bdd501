/**
 * A certificate for `localhost` and 127.0.0.1 that nobody trusts, for servers of tests.
 *
 * Made by: openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes
 * -keyout key.pem -out cert.pem -days 36500 -subj '/CN=mlstore test server'
 * -addext 'subjectAltName=DNS:localhost,IP:127.0.0.1'
 */

import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const read = (name: string): string => readFileSync(new URL(name, import.meta.url), 'utf8')

export const testTls: { readonly key: string; readonly cert: string } = {
  key: read('key.pem'),
  cert: read('cert.pem'),
}

/** Path of the certificate, for `--ca-bundle`. */
export const testCertificatePath: string = fileURLToPath(new URL('cert.pem', import.meta.url))
