/**
 * What it means when no answer came at all: the codes of the system, of DNS and of TLS.
 */

import type { ErrorRow } from './errors.ts'

const notReached: ErrorRow = {
  kind: 'down',
  says: 'the remote cannot be reached',
  hint: 'Check the network connection, then run the command again; nothing is lost.',
}
const nothingListens: ErrorRow = {
  kind: 'down',
  says: 'nothing answers at its address',
  hint: 'Check that the store runs and that --endpoint-url and port are right.',
}
const unknownHost: ErrorRow = {
  kind: 'broken',
  says: 'there is no host of that name',
  hint: 'Check the network connection and the --endpoint-url of the remote.',
}
const notTrusted: ErrorRow = {
  kind: 'broken',
  says: 'its certificate is not trusted',
  hint: 'Give the certificate of its authority with --ca-bundle FILE or AWS_CA_BUNDLE.',
}
const wrongCertificate: ErrorRow = {
  kind: 'broken',
  says: 'its certificate is for another host, or has expired',
  hint: 'Check the --endpoint-url of the remote and the clock of this machine.',
}
const notHttp: ErrorRow = {
  kind: 'broken',
  says: 'what answers does not speak the protocol of the URL',
  hint: 'Check http against https, and the port, in the --endpoint-url of the remote.',
}

const rows: Readonly<Record<string, ErrorRow>> = {
  ECONNREFUSED: nothingListens,
  ENOTFOUND: unknownHost,
  ERR_TLS_CERT_ALTNAME_INVALID: wrongCertificate,
  CERT_HAS_EXPIRED: wrongCertificate,
  CERT_NOT_YET_VALID: wrongCertificate,
  SELF_SIGNED_CERT_IN_CHAIN: notTrusted,
  DEPTH_ZERO_SELF_SIGNED_CERT: notTrusted,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: notTrusted,
  UNABLE_TO_GET_ISSUER_CERT: notTrusted,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: notTrusted,
  EPROTO: notHttp,
  ERR_SSL_WRONG_VERSION_NUMBER: notHttp,
  ERR_SSL_PACKET_LENGTH_TOO_LONG: notHttp,
}

/** The row for a failure without an answer. Resets, time-outs and all that is not known may pass. */
export function networkRow(systemCode: string | undefined): ErrorRow {
  if (systemCode?.startsWith('HPE_') === true) return notHttp
  return rows[systemCode ?? ''] ?? notReached
}
