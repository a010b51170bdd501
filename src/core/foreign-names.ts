/**
 * Names that other tools allow and mlstore does not, written so that they can be read back.
 *
 * Only what is not allowed is changed: a character becomes the bytes of its UTF-8 as `%XX`, as in
 * a URL, and half a surrogate pair `%uXXXX`. A `%` that could be taken for the start of one is
 * written `%25`, so `decodeForeignName` gives every name back as it was. Only a name that is too
 * long for that is cut, and ends with a part of its own digest.
 */

import { digestOf } from './digest.ts'
import {
  type AliasName,
  type ArtifactName,
  isAliasName,
  isArtifactName,
  isKey,
  isLabel,
  type Label,
  parseAliasName,
  parseArtifactName,
  parseKey,
  parseLabel,
} from './names.ts'

/** What a part of an artifact's name, a label and an alias never hold. */
const inSegments = /[/\\:@?*"<>|\p{Control}\p{Surrogate}\u2028\u2029]/gu
const inKeys = /[\p{Control}\p{Surrogate}\u2028\u2029]/gu
const escaped = /%(?=[0-9a-fA-F]{2}|u[0-9a-fA-F]{4})/g

/** Digits of the digest behind a name that was cut. */
const digestCharacters = 16
const keyCharactersMax = 250
const segmentCharactersMax = 200

/** The name of an experiment, run, metric or tag. An empty one becomes `%`. */
export function foreignKey(kind: string, text: string): string {
  if (isKey(text) && text.search(escaped) < 0 && text !== '%') return text
  const encoded = text === '' ? '%' : text === '%' ? '%25' : encode(text, inKeys)
  return parseKey(kind, shortened(encoded, text, keyCharactersMax))
}

/**
 * The artifact `type/name`; slashes in the name separate segments, if none of these is empty.
 *
 * @param isFlat The other tool has no segments: a slash is a character like any other.
 */
export function foreignArtifact(type: string, name: string, isFlat = false): ArtifactName {
  const segments = isFlat ? [name] : name.split('/')
  const whole = segments.some((segment) => segment === '') ? [name] : segments
  const text = [type, ...whole.map(foreignSegment)].join('/')
  return isArtifactName(text) ? text : parseArtifactName(`${type}/${encodeAll(name)}`)
}

export function foreignLabel(text: string): Label {
  const encoded = foreignSegment(text)
  return isLabel(encoded) ? encoded : parseLabel(encodeFirst(encoded))
}

export function foreignAlias(text: string): AliasName {
  const encoded = foreignSegment(text)
  return isAliasName(encoded) ? encoded : parseAliasName(encodeFirst(encoded))
}

/** The name that was encoded, unless it was too long and had to be cut. */
export function decodeForeignName(text: string): string {
  if (text === '%') return ''
  return text.replaceAll(/(?:%[0-9a-fA-F]{2})+|%u[0-9a-fA-F]{4}/g, (code) =>
    code.startsWith('%u')
      ? String.fromCharCode(Number.parseInt(code.slice(2), 16))
      : Buffer.from(code.replaceAll('%', ''), 'hex').toString('utf8'),
  )
}

/** One part of an artifact's name: a slash is a character like any other. */
export function foreignSegment(text: string): string {
  if (text === '') return '%'
  if (text === '.' || text === '..' || text === '%') return encodeAll(text)
  const encoded = encode(text, inSegments).replace(/^\s+/u, encodeAll).replace(/\s+$/u, encodeAll)
  const composed =
    encoded.normalize('NFC') === encoded ? encoded : encoded.replaceAll(/[^\0-\x7f]/gu, encodeAll)
  return shortened(composed, text, segmentCharactersMax)
}

function encode(text: string, forbidden: RegExp): string {
  return text.replaceAll(escaped, '%25').replaceAll(forbidden, encodeAll)
}

function encodeFirst(text: string): string {
  const [first = ''] = text
  return encodeAll(first) + text.slice(first.length)
}

/** Every character as the bytes of its UTF-8; the halves of surrogate pairs have none. */
function encodeAll(text: string): string {
  return Array.from(text, (character) => {
    if (/^\p{Surrogate}$/u.test(character)) {
      return `%u${character.charCodeAt(0).toString(16).padStart(4, '0').toUpperCase()}`
    }
    const hex = Buffer.from(character).toString('hex').toUpperCase()
    return hex.replaceAll(/../g, '%$&')
  }).join('')
}

function shortened(encoded: string, original: string, charactersMax: number): string {
  const characters = Array.from(encoded)
  if (characters.length <= charactersMax) return encoded
  const digest = digestOf(Buffer.from(original, 'utf16le')).slice(0, digestCharacters)
  const kept = characters.slice(0, charactersMax - digestCharacters - 1).join('')
  return `${kept.replace(/[%\s][^%]{0,5}$/u, '')}~${digest}`
}
