/**
 * Page tokens: where the next page of a search begins, as text that callers hand back.
 *
 * A token names the search it belongs to, since a place means nothing in another one.
 */

import { createHash } from 'node:crypto'

import {
  canonicalJson,
  decodeValue,
  encodeNumber,
  isJsonArray,
  type JsonValue,
  parseCanonical,
} from '../../core/canonical-json.ts'
import { invalidArgument, isMlstoreError, type MlstoreError } from '../../errors.ts'
import type { SqlValue } from '../database.ts'
import type { SortKey } from './keyset.ts'

export type PagePlace = {
  /** Of the last row that was given. */
  readonly key: SortKey
  /** How many rows the query's own limit still allows; `null`: any number. */
  readonly left: number | null
}

/** What a token is good for: everything that says which rows there are, and in which order. */
export type SearchIdentity = readonly (string | null | readonly string[])[]

/** Text of letters, digits, `-` and `_`. */
export function encodePageToken(search: SearchIdentity, { key, left }: PagePlace): string {
  const content = [fingerprint(search), left, key.map(valueAsJson)]
  return Buffer.from(canonicalJson(content)).toString('base64url')
}

/** @throws {MlstoreError} `INVALID_ARGUMENT` for a token of another search, or none at all. */
export function decodePageToken(search: SearchIdentity, token: string): PagePlace {
  const [owner, left, key, ...more] = contentOf(token)
  if (typeof owner !== 'string' || !isJsonArray(key) || more.length > 0) throw notAToken()
  if (left !== null && typeof left !== 'number') throw notAToken()
  if (owner !== fingerprint(search)) {
    throw invalidArgument(
      'The page token belongs to another search.',
      'Give the same query and options as for the page before, or leave the token out.',
    )
  }
  return { key: key.map(valueOfJson), left: left ?? null }
}

function contentOf(token: string): readonly JsonValue[] {
  try {
    const text = Buffer.from(token, 'base64url').toString('utf8')
    const content = parseCanonical(text, 'page token')
    if (isJsonArray(content)) return content
  } catch (error) {
    if (!isMlstoreError(error)) throw error
  }
  throw notAToken()
}

function fingerprint(search: SearchIdentity): string {
  return createHash('sha256').update(JSON.stringify(search)).digest('hex').slice(0, 16)
}

/** Bytes stand as an array of their hex digits, numbers as everywhere in canonical JSON. */
function valueAsJson(value: SqlValue): JsonValue {
  if (value === null || typeof value === 'string') return value
  if (value instanceof Uint8Array) return [Buffer.from(value).toString('hex')]
  return encodeNumber(Number(value))
}

function valueOfJson(json: JsonValue): SqlValue {
  const value = decoded(json)
  if (value === null || typeof value === 'string' || typeof value === 'number') return value
  const [hex] = isJsonArray(value) ? value : []
  if (typeof hex === 'string') return Buffer.from(hex, 'hex')
  throw notAToken()
}

function decoded(json: JsonValue): JsonValue {
  try {
    return decodeValue(json, 'page token')
  } catch (error) {
    if (isMlstoreError(error)) throw notAToken()
    throw error
  }
}

function notAToken(): MlstoreError {
  return invalidArgument('This is no page token.', 'Give one from the end of the page before.')
}
