/**
 * The search language, parsed: what to find, in which order, how many.
 *
 * A superset of MLflow's filter syntax, so that its clients' filters are valid here. The tree
 * says what was written and nothing about tables: which attributes exist and how a missing key
 * compares is decided by whoever runs the query, with `queryError` for what it must refuse.
 */

import { invalidArgument, type MlstoreError } from '../../errors.ts'

export type Query = {
  /** As written; positions (`at`) count its UTF-16 units from 0. */
  readonly text: string
  /** `undefined`: everything. */
  readonly where: Condition | undefined
  readonly orderBy: readonly OrderTerm[]
  readonly limit: number | undefined
}

export type Condition =
  /** All of them; two or more. */
  | { readonly kind: 'and'; readonly conditions: readonly Condition[] }
  /** Any of them; two or more. */
  | { readonly kind: 'or'; readonly conditions: readonly Condition[] }
  | { readonly kind: 'not'; readonly condition: Condition }
  /** The name of the artifact contains the text: a word or string that stands alone. */
  | { readonly kind: 'name'; readonly text: string; readonly at: number }
  | Comparison
  | Likeness
  | Membership
  /** `is null`, or `is not null` if negated: whether the field is there at all. */
  | { readonly kind: 'null'; readonly field: Field; readonly isNegated: boolean }

export type ComparisonOperator = '=' | '!=' | '<' | '<=' | '>' | '>='

export type Comparison = {
  readonly kind: 'compare'
  readonly field: Field
  readonly operator: ComparisonOperator
  readonly value: Literal
}

/** `like`: `%` is any text, `_` any character. */
export type Likeness = {
  readonly kind: 'like'
  readonly field: Field
  readonly pattern: string
  /** `ilike` */
  readonly ignoresCase: boolean
  readonly isNegated: boolean
}

export type Membership = {
  readonly kind: 'in'
  readonly field: Field
  /** At least one. */
  readonly values: readonly Literal[]
  readonly isNegated: boolean
}

export type Field =
  /** A fact that everything of its kind has: `created`, `attributes.status`. */
  | { readonly scope: 'attribute'; readonly name: string; readonly at: number }
  /** A key that is one text, dots included: `tags.a.b` is the tag `a.b`. */
  | { readonly scope: KeyScope; readonly key: string; readonly at: number }
  /** A place in metadata: `meta.a."b.c"` is `b.c` in `a`. */
  | { readonly scope: 'meta'; readonly path: readonly string[]; readonly at: number }

export type KeyScope = 'tag' | 'metric' | 'param' | 'dataset'

export type Literal =
  /** Quoted, or a bare word. */
  | { readonly kind: 'string'; readonly value: string; readonly at: number }
  /** NaN and the infinities too; `text` as written, for fields that hold text. */
  | {
      readonly kind: 'number'
      readonly value: number
      readonly text: string
      readonly at: number
    }
  | { readonly kind: 'boolean'; readonly value: boolean; readonly at: number }

export type OrderTerm = { readonly field: Field; readonly isDescending: boolean }

/** `INVALID_ARGUMENT` that shows the line of the query and points at the place. */
export function queryError(text: string, at: number, why: string, hint?: string): MlstoreError {
  const start = text.lastIndexOf('\n', at - 1) + 1
  const [line = ''] = text.slice(start).split('\n', 1)
  // Control characters would move what the caret points at.
  const shown = line.replaceAll(/\p{Control}/gu, ' ')
  const caret = `${' '.repeat(Array.from(line.slice(0, at - start)).length)}^`
  return invalidArgument(`query: ${why}\n  ${shown}\n  ${caret}`, hint)
}
