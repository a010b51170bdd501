/** `tag`: key=value on an artifact, a version or a run. */

import type { EventFields } from '../core/events/event.ts'
import { parseArtifactName, parseTagKey } from '../core/names.ts'
import { formatTagTarget, type TagTarget } from '../core/events/tag-target.ts'
import { notFound } from '../errors.ts'
import { appendEvents } from './append-events.ts'
import type { StoreParts } from './parts.ts'
import { requireArtifact, resolveVersion } from './resolve.ts'
import type { TagsResult } from './results.ts'
import { resolveRun } from './runs/resolve-run.ts'

/**
 * Sets tags.
 *
 * @param target `type/name` for the artifact, `type/name@X` for a version, `run:ID`.
 */
export async function setTags(
  parts: StoreParts,
  target: string,
  tags: Readonly<Record<string, string>>,
): Promise<TagsResult> {
  const entries = Object.entries(tags).map(([key, value]) => [parseTagKey(key), value] as const)
  await change(parts, target, (now) => entries.filter(([key, value]) => now[key] !== value))
  return listTags(parts, target)
}

/** Removes tags; all of them must be there. */
export async function removeTags(
  parts: StoreParts,
  target: string,
  keys: readonly string[],
): Promise<TagsResult> {
  await change(parts, target, (now) => {
    const missing = keys.filter((key) => !Object.hasOwn(now, key))
    if (missing.length > 0) throw notFound(`${target} has no tag ${missing.join(', ')}.`)
    return keys.map((key) => [key, null] as const)
  })
  return listTags(parts, target)
}

export function listTags(parts: StoreParts, target: string): TagsResult {
  return { target, tags: tagsOf(parts, targetOf(parts, target)) }
}

function change(
  parts: StoreParts,
  text: string,
  decide: (
    now: Readonly<Record<string, string>>,
  ) => readonly (readonly [key: string, value: string | null])[],
): Promise<unknown> {
  const target = targetOf(parts, text)
  return appendEvents(parts, () =>
    decide(tagsOf(parts, target)).map(([key, value]): EventFields => ({
      type: 'tag.set',
      target: formatTagTarget(target),
      key,
      value,
    })),
  )
}

function tagsOf(parts: StoreParts, target: TagTarget): Readonly<Record<string, string>> {
  return Object.fromEntries(parts.catalog.tags.of(target))
}

function targetOf(parts: StoreParts, text: string): TagTarget {
  if (text.startsWith('run:')) return { kind: 'run', run: resolveRun(parts, text).id }
  if (text.includes('@')) return { kind: 'version', version: resolveVersion(parts, text).id }
  const artifact = parseArtifactName(text)
  requireArtifact(parts, artifact)
  return { kind: 'artifact', artifact }
}
