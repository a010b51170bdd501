/**
 * What things may be called, and why not.
 *
 * Each kind of name has one rule, `…Problem`, that says in words what is wrong; guards and
 * parsers are built on it, so a message never disagrees with a check. Names of artifacts and
 * what hangs on them are strict (they stand in references, lock files and URLs). Names of
 * files are not ours: they are kept as they are, and only what no tree can hold is refused.
 */

import { corrupt, invalidArgument, type MlstoreError } from '../errors.ts'
import { hasLoneSurrogate } from './canonical-json.ts'

declare const brand: unique symbol
/** `type/name`, with at least two segments. */
export type ArtifactName = string & { readonly [brand]: 'ArtifactName' }
/** A version's name within its artifact. */
export type Label = string & { readonly [brand]: 'Label' }
/** A name that can be moved from version to version. */
export type AliasName = string & { readonly [brand]: 'AliasName' }

/** The selector that always means the newest version; never stored. */
export const latestSelector = 'latest'

const segmentCharactersMax = 200
const tagKeyCharactersMax = 250

export function isArtifactName(text: string): text is ArtifactName {
  return artifactNameProblem(text) === undefined
}

export function isLabel(text: string): text is Label {
  return selectorProblem(text) === undefined
}

export function isAliasName(text: string): text is AliasName {
  return selectorProblem(text) === undefined
}

/** Whether the text can be the key of a tag, param or metric, or name an experiment or a run. */
export function isKey(text: string): boolean {
  return tagKeyProblem(text) === undefined
}

/** @throws {MlstoreError} `INVALID_ARGUMENT`, quoting the name and the rule it breaks. */
export function parseArtifactName(text: string): ArtifactName {
  if (isArtifactName(text)) return text
  throw refusal('artifact name', text, artifactNameProblem(text))
}

/** @throws {MlstoreError} `INVALID_ARGUMENT`, quoting the name and the rule it breaks. */
export function parseLabel(text: string): Label {
  if (isLabel(text)) return text
  throw refusal('label', text, selectorProblem(text))
}

/** @throws {MlstoreError} `INVALID_ARGUMENT`, quoting the name and the rule it breaks. */
export function parseAliasName(text: string): AliasName {
  if (isAliasName(text)) return text
  throw refusal('alias', text, selectorProblem(text))
}

/** @throws {MlstoreError} `INVALID_ARGUMENT`, quoting the key and the rule it breaks. */
export function parseTagKey(text: string): string {
  const problem = tagKeyProblem(text)
  if (problem === undefined) return text
  throw refusal('tag key', text, problem)
}

/**
 * The key of a param or metric, or the name of an experiment or run: what a tag key may be.
 *
 * @param kind What it is, for the message: `metric`.
 * @throws {MlstoreError} `INVALID_ARGUMENT`, quoting the name and the rule it breaks.
 */
export function parseKey(kind: string, text: string): string {
  const problem = tagKeyProblem(text)
  if (problem === undefined) return text
  throw refusal(kind, text, problem)
}

/** @throws {MlstoreError} `INVALID_ARGUMENT`, quoting the name and the rule it breaks. */
export function parseRemoteName(text: string): string {
  const problem = segmentProblem(text)
  if (problem === undefined) return text
  throw refusal('remote name', text, problem)
}

/** Whether the text can only be meant as the beginning of a digest. */
export function isDigestPrefix(text: string): boolean {
  return /^[0-9a-f]{8,64}$/.test(text)
}

function refusal(kind: string, text: string, problem: string | undefined): MlstoreError {
  return invalidArgument(`${kind} ${JSON.stringify(text)} ${problem ?? 'cannot be used'}`)
}

function artifactNameProblem(text: string): string | undefined {
  const segments = text.split('/')
  if (segments.length < 2) return 'needs a type and a name, like model/resnet'
  for (const segment of segments) {
    const problem = segmentProblem(segment)
    if (problem !== undefined) {
      return `cannot have the segment ${JSON.stringify(segment)}: it ${problem}`
    }
  }
  return undefined
}

/** Labels and aliases share one rule: `type/name@X` must not be readable in two ways. */
function selectorProblem(text: string): string | undefined {
  if (text === latestSelector) return 'is reserved: it always means the newest version'
  if (isDigestPrefix(text.toLowerCase())) return 'could be read as a digest (8 to 64 hex digits)'
  return segmentProblem(text)
}

function segmentProblem(text: string): string | undefined {
  if (text === '') return 'is empty'
  if (text === '.' || text === '..') return 'is a path, not a name'
  if (characterCount(text) > segmentCharactersMax)
    return `is over ${segmentCharactersMax} characters`
  if (text.trim() !== text) return 'starts or ends with a space'
  const forbidden = /[/\\:@?*"<>|]/.exec(text)
  if (forbidden !== null) return `contains ${forbidden[0]}`
  if (hasControlCharacter(text)) return 'contains a control character'
  if (hasLoneSurrogate(text)) return 'is not valid Unicode'
  if (text.normalize('NFC') !== text) return 'is not in Unicode normal form C'
  return undefined
}

function tagKeyProblem(text: string): string | undefined {
  if (text === '') return 'is empty'
  if (characterCount(text) > tagKeyCharactersMax) return `is over ${tagKeyCharactersMax} characters`
  if (hasControlCharacter(text)) return 'contains a control character'
  if (hasLoneSurrogate(text)) return 'is not valid Unicode'
  return undefined
}

/** Code points: what a database or another language counts as characters. */
function characterCount(text: string): number {
  return Array.from(text).length
}

/** Control characters, and the two Unicode line ends, which break lines as well. */
function hasControlCharacter(text: string): boolean {
  return /[\p{Control}\u2028\u2029]/u.test(text)
}

/** What is wrong with the name of an entry in a tree, or `undefined`. */
export function entryNameProblem(name: string): string | undefined {
  if (name === '') return 'is empty'
  if (name === '.' || name === '..') return 'is not the name of a file'
  if (name.includes('/')) return 'contains a slash'
  if (name.includes('\0')) return 'contains a NUL'
  if (hasLoneSurrogate(name)) return 'is not valid Unicode'
  return undefined
}

/**
 * Refuses a name that a node read from a disk or a remote must not hold.
 *
 * @throws {MlstoreError} `CORRUPT`
 */
export function assertEntryName(name: string, where: string): void {
  const problem = entryNameProblem(name)
  if (problem !== undefined) throw corrupt(where, `the name ${JSON.stringify(name)} ${problem}`)
}

/**
 * The names along a path inside a version: `a/b` is `['a', 'b']`.
 *
 * @throws {MlstoreError} `INVALID_ARGUMENT` for absolute paths, `.`, `..`, empty names and NUL.
 */
export function splitTreePath(path: string): readonly string[] {
  const names = path.split('/')
  for (const name of names) {
    const problem = entryNameProblem(name)
    if (problem === undefined) continue
    throw invalidArgument(
      `path ${JSON.stringify(path)}: the name ${JSON.stringify(name)} ${problem}`,
      'Paths inside a version are relative, separated by single slashes.',
    )
  }
  return names
}

const windowsDevice = /^(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9¹²³])[ ]*(?:\.|$)/i

/**
 * Why Windows could not make a file of this name, or would make another one; else `undefined`.
 *
 * Such names are legal in a tree. Whoever writes a working tree there asks first.
 */
export function windowsUnsafe(name: string): string | undefined {
  if (windowsDevice.test(name)) return 'is the name of a device'
  if (/[. ]$/.test(name)) return 'ends with a dot or a space'
  const forbidden = /[<>:"|?*\\\p{Control}]/u.exec(name)
  if (forbidden !== null) return `contains ${JSON.stringify(forbidden[0])}`
  return undefined
}

/** What is wrong with a link target wherever the link stands, or `undefined`. */
export function linkTargetProblem(target: string): string | undefined {
  if (target === '') return 'is empty'
  if (target.startsWith('/')) return 'is not relative'
  if (target.includes('\0')) return 'contains a NUL'
  if (hasLoneSurrogate(target)) return 'is not valid Unicode'
  return undefined
}

/**
 * Whether a symbolic link at `linkPath` stays inside the tree, judged by its text alone.
 *
 * A chain of links can still lead out, so nothing is ever written or read through a link.
 */
export function isSafeLinkTarget(linkPath: string, target: string): boolean {
  if (linkTargetProblem(target) !== undefined) return false
  let depth = linkPath.split('/').length - 1
  for (const name of target.split('/')) {
    if (name === '..') depth -= 1
    else if (name !== '' && name !== '.') depth += 1
    if (depth < 0) return false
  }
  return true
}
