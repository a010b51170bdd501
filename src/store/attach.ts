/** `attach`: adds a version that says something about another one, or about a run. */

import assert from 'node:assert/strict'

import { aboutRole, outputRole } from '../core/lineage/roles.ts'
import { parseArtifactName, splitTreePath } from '../core/names.ts'
import { invalidArgument } from '../errors.ts'
import { addWish } from './add.ts'
import { addOneFile, type NamedFile } from './add-one-file.ts'
import { readWish, type Wish } from './add-wish.ts'
import {
  attachmentsOf,
  type AttachmentTarget,
  attachmentTarget,
  nodeOfTarget,
} from './attachments.ts'
import type { StoreParts } from './parts.ts'
import type { AttachedContent, AttachOptions } from './requests.ts'
import type { AddResult, AttachResult } from './results.ts'
import { ambientRun } from './runs/ambient-run.ts'

/** What a call of `attach` says. */
export type Attaching = {
  /** A version's reference, or `run:ID`. */
  readonly target: string
  /** Such as `data-profile`, `data-checks`, `data-comparison`, `model-checks`: any name. */
  readonly type: string
  readonly content: AttachedContent
  readonly options?: AttachOptions
}

/** Adds the attachment; the same content as the last time is no new one. */
export async function attach(parts: StoreParts, attaching: Attaching): Promise<AttachResult> {
  const { target: text, type, content, options = {} } = attaching
  checkType(type)
  const target = attachmentTarget(parts, text)
  const ofTarget = target.kind === 'run' ? `run/${target.run}` : target.artifact
  const as = parseArtifactName(`${type}/${options.name ?? ofTarget}`)
  const links = linksTo(parts, target, type)
  const added =
    'paths' in content
      ? await addPaths(parts, { ...options, paths: content.paths, as }, links)
      : await addOneFile(parts, { ...options, ...links, as, file: fileOf(type, content) })
  const version = parts.catalog.versions.get(added.digest)
  assert(version !== undefined, 'what was added is in the catalog')
  const [attachment] = attachmentsOf(parts, [version])
  assert(attachment !== undefined, 'one version is one attachment')
  return { ...attachment, about: nodeOfTarget(target), unchanged: added.unchanged }
}

function checkType(type: string): void {
  if (type.includes('/')) throw invalidArgument(`The type ${JSON.stringify(type)} has a slash.`)
  if (type !== runType) return
  throw invalidArgument(
    `The type ${runType} is taken: artifacts of this type are the files of runs.`,
    '`mlstore run log --file` adds to those.',
  )
}

const runType = 'run'

type Links = Pick<Wish, 'inputs' | 'maker'>

/** What is about a version may be made within any run; what is about a run is made by that one. */
function linksTo(parts: StoreParts, target: AttachmentTarget, type: string): Links {
  if (target.kind === 'run') return { inputs: [], maker: { run: target.run, role: type } }
  const run = ambientRun(parts)
  return {
    inputs: [{ role: aboutRole, version: target.version }],
    maker: run === undefined ? undefined : { run, role: outputRole },
  }
}

type PathsRequest = Omit<AttachOptions, 'name'> & {
  readonly paths: readonly string[]
  readonly as: string
}

/** No line of the lock file stands for it: it describes data, and is none to work on. */
function addPaths(parts: StoreParts, request: PathsRequest, links: Links): Promise<AddResult> {
  const wish = readWish(parts, { ...request, noLock: true })
  return addWish(parts, { ...wish, ...links, locked: undefined }, request.signal)
}

function fileOf(type: string, content: Exclude<AttachedContent, { paths: unknown }>): NamedFile {
  const isText = 'text' in content
  const { fileName = `${type}.${isText ? 'txt' : 'json'}` } = content
  if (splitTreePath(fileName).length > 1) {
    throw invalidArgument(`The file name ${JSON.stringify(fileName)} is a path.`)
  }
  const text = isText ? content.text : jsonText(content.json)
  return { name: fileName, bytes: Buffer.from(text, 'utf8') }
}

/** JSON has no text for functions and cycles, and would make `null` of NaN and the infinities. */
function jsonText(value: unknown): string {
  const named = (_key: string, each: unknown): unknown =>
    typeof each === 'number' && !Number.isFinite(each) ? String(each) : each
  try {
    const text: string | undefined = JSON.stringify(value, named, 2)
    if (text !== undefined) return text
  } catch (error) {
    const why = error instanceof Error ? `: ${error.message}` : '.'
    throw invalidArgument(`The value to attach cannot be written as JSON${why}`)
  }
  throw invalidArgument('The value to attach cannot be written as JSON.')
}
