/** What use cases about model cards are asked and answer. Field names are those of the JSON. */

import type { JsonObject, UserObject } from '../../core/canonical-json.ts'
import type { Digest } from '../../core/digest.ts'
import type { CardReference } from '../../core/model-card/references.ts'
import type { AddResult, ListedFile, ShowResult } from '../results.ts'
import type { RunDetails } from '../runs/results.ts'
import type { WorkOptions } from '../requests.ts'

export type CardProblem = { readonly field: string; readonly problem: string }

/** The card file of a version, held against the documented fields. */
export type CardResult = {
  readonly artifact: string
  readonly label: string | null
  readonly digest: Digest
  /** In the version. */
  readonly path: string
  readonly card: JsonObject
  /** What is wrong with it; a card that was put there in another way may be any JSON. */
  readonly problems: readonly CardProblem[]
  /** Fields beyond the documented ones. */
  readonly extraFields: readonly string[]
  /** References to what the version does not have. */
  readonly missing: readonly CardReference[]
}

export type SetCardRequest = WorkOptions & {
  readonly reference: string
  /** The whole card. Default: the one that the version has, or a new one with the job of CI. */
  readonly card?: UserObject | undefined
  /** Fields to set in it, as texts: `model_test_files.inputs`. */
  readonly changes?: Readonly<Record<string, string>>
  /** Accepts fields beyond the documented ones. Default: false. */
  readonly extra?: boolean | undefined
  /** Of the new version. Default: the UTC time. */
  readonly label?: string | undefined
  /** Aliases for the new version. Default: none; all stay where they are. */
  readonly aliases?: readonly string[]
}

export type SetCardResult = Pick<
  AddResult,
  | 'artifact'
  | 'label'
  | 'digest'
  | 'root'
  | 'files'
  | 'sizeBytes'
  | 'newBytes'
  | 'unchanged'
  | 'aliases'
> & {
  readonly path: string
  readonly card: JsonObject
  readonly missing: readonly CardReference[]
  /** The version whose bytes it shares. */
  readonly previous: Digest
  /** Aliases that still name that one. */
  readonly aliasesLeft: readonly string[]
}

/** Everything that a readable card is made of. */
export type CardFacts = {
  readonly version: ShowResult
  /** `null`: the version has none. */
  readonly card: CardResult | null
  /**
   * The versions that this one is with another card, nearest first. Where it was not said who made
   * the version itself, `runs` and `code` are theirs.
   */
  readonly previous: readonly string[]
  readonly runs: readonly RunDetails[]
  readonly code: ShowResult['code']
  readonly inputs: ShowResult['inputs']
  /** The first of them, in the order of the tree. */
  readonly files: readonly ListedFile[]
}
