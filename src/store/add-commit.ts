/** The end of `add`, under the writer lock: is it a new version, and what is said about it? */

import assert from 'node:assert/strict'

import { canonicalJson, encodeValue, type UserObject } from '../core/canonical-json.ts'
import type { Digest } from '../core/digest.ts'
import type { EventFields } from '../core/events/event.ts'
import { type ArtifactName, type Label, parseLabel } from '../core/names.ts'
import { generatedLabel } from '../core/reference.ts'
import type { BuiltTree } from '../core/tree/build.ts'
import { encodeVersionRecord, type VersionRecord } from '../core/version-record.ts'
import { MlstoreError } from '../errors.ts'
import type { VersionRow } from '../catalog/version-row.ts'
import { appendWithin } from './append-events.ts'
import type { Wish } from './add-wish.ts'
import { noExclusions, noteExclusions } from './exclusions.ts'
import { lineOf, lockPath } from './lock-file.ts'
import type { StoreParts, WriteScope } from './parts.ts'
import type { AddResult } from './results.ts'
import { summaryOf } from './summary.ts'
import { shortDigest } from './version-title.ts'

/**
 * The version that says everything the wish says of this content already: the one the lock has
 * for the path, the newest one, or the one that has the label.
 */
export function unchangedVersion(
  { catalog }: StoreParts,
  wish: Wish,
  root: Digest,
): VersionRow | undefined {
  const { artifact, locked } = wish
  const ofPath = locked?.artifact === artifact ? catalog.versions.get(locked.version) : undefined
  const labelled = wish.label === undefined ? [] : catalog.versions.byLabel(artifact, wish.label)
  const ofLabel = labelled.map((id) => catalog.versions.get(id))
  const known = [ofPath, catalog.versions.newest(artifact), ...ofLabel]
  return known.find((version) => {
    if (version === undefined || version.isRemoved || version.artifact !== artifact) return false
    if (version.root !== root || version.shape !== wish.shape) return false
    const hasLabel = wish.label === undefined || wish.label === catalog.labels.of(version.id)
    return hasLabel && saysAll(version.record, wish)
  })
}

function saysAll({ meta, inputs = [], run }: VersionRecord, wish: Wish): boolean {
  if (wish.maker !== undefined && wish.maker.run !== run) return false
  const isSameMeta = wish.meta === undefined || canonicalMeta(wish.meta) === canonicalMeta(meta)
  const known = new Set(inputs.map(({ version }) => version))
  return isSameMeta && wish.inputs.every(({ version }) => known.has(version))
}

function canonicalMeta(meta: UserObject = {}): string {
  return canonicalJson(encodeValue(meta, 'meta'))
}

/** What of the result the content decides. */
type Counts = { readonly newBytes: number; readonly hidden: number }

/** Gives the version that was there the aliases, tags and lock line that were asked for. */
export function commitUnchanged(
  parts: StoreParts,
  scope: WriteScope,
  wish: Wish,
  { version, newBytes, hidden }: Counts & { readonly version: VersionRow },
): AddResult {
  appendWithin(parts, scope, marksFor(parts, wish, version.id))
  return { ...finish(parts, wish, version), newBytes, hidden, unchanged: true }
}

/**
 * Makes the version, with its label, aliases, tags and lock line. The caller holds the writer lock
 * and has published the content.
 *
 * @throws {MlstoreError} `LABEL_TAKEN`
 */
export function commitVersion(
  parts: StoreParts,
  scope: WriteScope,
  wish: Wish,
  content: BuiltTree & Counts,
): AddResult {
  const { newBytes, hidden } = content
  const { id, events } = newVersion(parts, wish, content)
  appendWithin(parts, scope, [...events, ...marksFor(parts, wish, id)])
  const version = parts.catalog.versions.get(id)
  assert(version !== undefined, 'what was appended is in the catalog')
  return { ...finish(parts, wish, version), newBytes, hidden, unchanged: false }
}

function finish(
  parts: StoreParts,
  wish: Wish,
  version: VersionRow,
): Omit<AddResult, 'unchanged' | keyof Counts> {
  const { leftOut = noExclusions } = wish
  const path = wish.keepsLock ? wish.lockPath : undefined
  if (path !== undefined) {
    lockPath(parts, lineOf(parts, path, version))
    noteExclusions(parts, { path, root: version.root }, leftOut)
  }
  const { artifact, label, digest, root, files, sizeBytes, aliases } = summaryOf(parts, version)
  const facts = { artifact, label, digest, root, files, sizeBytes, aliases }
  return { ...facts, leftOut, path: wish.path, locked: path !== undefined }
}

type MadeVersion = { readonly id: Digest; readonly events: readonly EventFields[] }

function newVersion(parts: StoreParts, wish: Wish, content: BuiltTree): MadeVersion {
  const { artifact } = wish
  const now = parts.clock.now()
  const record: VersionRecord = {
    artifact,
    by: parts.identity.user,
    createdAt: now.toISOString(),
    files: content.files,
    root: content.root,
    shape: wish.shape,
    size: content.size,
    inputs: wish.inputs,
    ...(wish.meta === undefined ? {} : { meta: wish.meta }),
    ...(wish.maker === undefined ? {} : { run: wish.maker.run }),
  }
  const { id } = encodeVersionRecord(record)
  const generated = wish.label === undefined
  if (wish.label !== undefined) refuseTakenLabel(parts, artifact, wish.label)
  const label = wish.label ?? freeLabel(parts, artifact, generatedLabel(now))
  return {
    id,
    events: [
      { type: 'version.add', version: id, record },
      { type: 'label.claim', artifact, label, version: id, generated },
    ],
  }
}

/** The generated label, or with `-2`, `-3` … behind it. */
function freeLabel({ catalog }: StoreParts, artifact: ArtifactName, wanted: string): Label {
  for (let number = 1; ; number++) {
    const label = parseLabel(number === 1 ? wanted : `${wanted}-${number}`)
    if (catalog.versions.byLabel(artifact, label).length === 0) return label
  }
}

/** @throws {MlstoreError} `LABEL_TAKEN` */
export function refuseTakenLabel(
  { catalog }: Pick<StoreParts, 'catalog'>,
  artifact: ArtifactName,
  label: Label,
): void {
  const [taken] = catalog.versions.byLabel(artifact, label)
  if (taken === undefined) return
  throw new MlstoreError(
    'LABEL_TAKEN',
    `${artifact}@${label} is version ${shortDigest(taken)} already.`,
    { hint: 'Choose another label; versions never change.', details: { version: taken } },
  )
}

/** The alias moves, tags and links that are not as the wish wants them. */
function marksFor(parts: StoreParts, wish: Wish, version: Digest): EventFields[] {
  return [
    ...aliasMoves(parts, wish, version),
    ...tagsToSet(parts, wish, version),
    ...linkToMaker(parts, wish, version),
  ]
}

function linkToMaker({ catalog }: StoreParts, { maker }: Wish, version: Digest): EventFields[] {
  if (maker === undefined) return []
  const { run, role } = maker
  const isLinked = catalog.runLinks
    .runsOf(version)
    .some((link) => link.direction === 'output' && link.run === run && link.role === role)
  return isLinked ? [] : [{ type: 'run.link', run, direction: 'output', version, role }]
}

function aliasMoves({ catalog }: StoreParts, wish: Wish, to: Digest): EventFields[] {
  const { artifact } = wish
  return wish.aliases
    .filter((alias) => catalog.aliases.head(artifact, alias)?.to !== to)
    .map((alias) => {
      const over = catalog.aliases.overForNewMove(artifact, alias)
      return { type: 'alias.move', artifact, alias, to, over }
    })
}

function tagsToSet({ catalog }: StoreParts, { tags }: Wish, version: Digest): EventFields[] {
  const has = catalog.tags.of({ kind: 'version', version })
  return [...tags]
    .filter(([key, value]) => has.get(key) !== value)
    .map(([key, value]) => ({ type: 'tag.set', target: `version:${version}`, key, value }))
}
