/** What is said about the version that `add` is to make, checked before anything is read. */

import { basename } from 'node:path'

import { decodeValue, encodeValue, isJsonObject, type UserObject } from '../core/canonical-json.ts'
import {
  type AliasName,
  type ArtifactName,
  type Label,
  parseAliasName,
  parseArtifactName,
  parseLabel,
  parseTagKey,
} from '../core/names.ts'
import type { VersionInput, VersionShape } from '../core/version-record.ts'
import { invalidArgument, MlstoreError } from '../errors.ts'
import { IgnoreRules } from '../worktree/ignore-rules.ts'
import { isToolFolder } from '../worktree/reserved-names.ts'
import { type Exclusions, ExclusionsOfPaths, hasAny } from './exclusions.ts'
import { type LockedPath, lockedPaths } from './lock-file.ts'
import type { StoreParts } from './parts.ts'
import { pathInRepository, realTarget } from './paths.ts'
import type { AddRequest } from './requests.ts'
import { resolveVersion } from './resolve.ts'
import { type Source, sourceAt } from './user-path.ts'

/** The run that makes a version, and as what. */
export type Maker = { readonly run: string; readonly role: string }

/** What is said about a version, wherever its content comes from. */
export type Sayings = {
  readonly label: Label | undefined
  readonly aliases: readonly AliasName[]
  readonly tags: ReadonlyMap<string, string>
  readonly meta: UserObject | undefined
}

export type Wish = Sayings & {
  readonly artifact: ArtifactName
  readonly inputs: readonly VersionInput[]
  readonly maker: Maker | undefined
  readonly shape: VersionShape
  readonly sources: readonly Source[]
  readonly rules: IgnoreRules
  /** What of the rules is no `.mlstoreignore` file's. */
  readonly leftOut?: Exclusions
  readonly hardlink: boolean
  /** Relative to the repository's root; `undefined` where no line of the lock can stand for it. */
  readonly lockPath: string | undefined
  /** The line of the lock for that path, as it was before. */
  readonly locked: LockedPath | undefined
  /** Whether the lock is to be kept. */
  readonly keepsLock: boolean
  /** As the user named it. */
  readonly path: string
}

/** @throws {MlstoreError} `INVALID_ARGUMENT`, `NOT_FOUND`, `AMBIGUOUS_REFERENCE`. */
export function readWish(parts: StoreParts, request: AddRequest): Wish {
  const sources = sourcesOf(parts, request.paths)
  const [first, ...others] = sources
  if (first === undefined) throw invalidArgument('Nothing to add.')
  const isAlone = others.length === 0
  const lockPath = isAlone ? pathInRepository(parts, first.path) : undefined
  const locked = lockedPaths(parts).find((line) => line.path === lockPath)
  const { hardlink = false, noLock = false } = request
  const leftOut = exclusionsOf(parts, request, locked)
  return {
    ...sayingsOf(request),
    artifact: artifactOf(request, locked),
    maker: undefined,
    inputs: inputsOf(parts, request.inputs ?? []),
    shape: isAlone && !first.isFolder ? 'file' : 'tree',
    sources,
    rules: IgnoreRules.top(leftOut),
    leftOut,
    hardlink,
    lockPath,
    locked,
    keepsLock: !noLock,
    path: request.paths.join(' '),
  }
}

/** A version whose content comes from elsewhere than a path that the lock could speak of. */
export function contentWish(
  artifact: ArtifactName,
  sayings: Parameters<typeof sayingsOf>[0],
): Wish {
  return {
    ...sayingsOf(sayings),
    artifact,
    maker: undefined,
    inputs: [],
    shape: 'tree',
    sources: [],
    rules: IgnoreRules.top(),
    hardlink: false,
    lockPath: undefined,
    locked: undefined,
    keepsLock: false,
    path: '',
  }
}

/** What the request says, else what the tree was made with that the lock has for the path. */
function exclusionsOf(
  parts: StoreParts,
  { exclude = [], noHidden = false, noExclude = false }: AddRequest,
  locked: LockedPath | undefined,
): Exclusions {
  const said = { exclude, noHidden }
  if (hasAny(said) && noExclude) {
    throw invalidArgument('`--no-exclude` takes everything: give it alone, without the others.')
  }
  if (hasAny(said) || noExclude || locked === undefined) return said
  return new ExclusionsOfPaths(parts).of(locked)
}

/** @throws {MlstoreError} `INVALID_ARGUMENT` at a name that is none. */
export function sayingsOf(
  request: Pick<AddRequest, 'label' | 'aliases' | 'tags' | 'meta'>,
): Sayings {
  return {
    label: request.label === undefined ? undefined : parseLabel(request.label),
    aliases: [...new Set((request.aliases ?? []).map(parseAliasName))],
    tags: new Map(
      Object.entries(request.tags ?? {}).map(([key, value]) => [parseTagKey(key), value]),
    ),
    meta: metaOf(request.meta),
  }
}

function sourcesOf(parts: StoreParts, paths: readonly string[]): Source[] {
  const sources = paths.map((path) => sourceOf(parts, path))
  const names = sources.map((source) => basename(source.path))
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice === undefined) return sources
  throw invalidArgument(
    `Two of the paths are named ${JSON.stringify(twice)}.`,
    'Add the folder around them, or one after the other.',
  )
}

function sourceOf(parts: StoreParts, path: string): Source {
  const source = sourceAt(parts.fs, realTarget(parts, path), path)
  if (!belongsToTool(parts, source.path)) return source
  throw new MlstoreError('REFUSED', `${path} belongs to git or to mlstore itself.`, {
    hint: 'Add the files that are yours.',
  })
}

/** `.git`, `.mlstore` and what is in them are never taken. */
function belongsToTool(parts: StoreParts, real: string): boolean {
  const inside = pathInRepository(parts, real)
  return (inside?.split('/') ?? [basename(real)]).some(isToolFolder)
}

function artifactOf(request: AddRequest, locked: LockedPath | undefined): ArtifactName {
  const name = request.as ?? locked?.artifact
  if (name !== undefined) return parseArtifactName(name)
  throw invalidArgument(
    `Which artifact is ${request.paths.join(' ')}?`,
    'Name it: `--as type/name`, such as --as model/resnet. From then on mlstore.lock knows.',
  )
}

/** Empty metadata is none. */
function metaOf(meta: AddRequest['meta']): UserObject | undefined {
  if (meta === undefined) return undefined
  const value = decodeValue(encodeValue(meta, 'meta'), 'meta')
  if (!isJsonObject(value)) throw invalidArgument('meta is not an object.')
  return Object.keys(value).length > 0 ? value : undefined
}

function inputsOf(parts: StoreParts, references: readonly string[]): VersionInput[] {
  const ids = new Set(references.map((text) => resolveVersion(parts, text).id))
  return [...ids].map((version) => ({ role: 'input', version }))
}
