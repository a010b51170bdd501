/** What a tag hangs on: `artifact:type/name`, `version:DIGEST`, `run:ID` or `experiment:ID`. */

import { isId } from '../ids.ts'
import { invalidArgument } from '../../errors.ts'
import { type Digest, parseDigest } from '../digest.ts'
import { type ArtifactName, parseArtifactName } from '../names.ts'

export type TagTarget =
  | { readonly kind: 'artifact'; readonly artifact: ArtifactName }
  | { readonly kind: 'version'; readonly version: Digest }
  | { readonly kind: 'run'; readonly run: string }
  | { readonly kind: 'experiment'; readonly experiment: string }

/** @throws {MlstoreError} `INVALID_ARGUMENT` */
export function parseTagTarget(text: string): TagTarget {
  const colon = text.indexOf(':')
  const name = text.slice(colon + 1)
  switch (text.slice(0, Math.max(colon, 0))) {
    case 'artifact':
      return { kind: 'artifact', artifact: parseArtifactName(name) }
    case 'version':
      return { kind: 'version', version: parseDigest(name) }
    case 'run':
      return { kind: 'run', run: parseId('run', name) }
    case 'experiment':
      return { kind: 'experiment', experiment: parseId('experiment', name) }
    default:
      throw invalidArgument(
        `a tag cannot hang on ${JSON.stringify(text)}`,
        'Write artifact:type/name, version:DIGEST, run:ID or experiment:ID.',
      )
  }
}

/** The text that `parseTagTarget` reads back as the same target. */
export function formatTagTarget(target: TagTarget): string {
  switch (target.kind) {
    case 'artifact':
      return `artifact:${target.artifact}`
    case 'version':
      return `version:${target.version}`
    case 'run':
      return `run:${target.run}`
    default:
      return `experiment:${target.experiment}`
  }
}

function parseId(kind: string, text: string): string {
  if (isId(text)) return text
  throw invalidArgument(`not the id of a ${kind}: ${JSON.stringify(text)}`)
}
