/**
 * Failures as text or JSON.
 *
 * An `MlstoreError` is for the user: message, then what to do. Anything else is a bug in
 * mlstore and is shown with its stack, because that is what a report needs.
 */

import { type ErrorCode, isMlstoreError } from '../../errors.ts'
import { exitCodes, outcomes } from '../exit-codes.ts'
import { visibleLines } from '../../core/visible-text.ts'
import type { Paint } from './paint.ts'

/** What `--json` prints on stderr; `BUG` stands for what has no code of its own. */
export type ErrorDocument = {
  readonly error: {
    readonly code: ErrorCode | 'BUG'
    readonly message: string
    readonly hint: string | null
    readonly details: Readonly<Record<string, unknown>>
  }
}

const reportHint =
  'This is a bug in mlstore. Please report it with the lines above and the command you ran.'

export function exitCodeOf(error: unknown): number {
  return isMlstoreError(error) ? exitCodes[error.code] : outcomes.failed
}

/** `error: …` and `hint: …`; further lines of a message are indented, so none can pose as another. */
export function renderError(error: unknown, paint: Paint): string {
  if (!isMlstoreError(error)) {
    return [labelled('error', stackOf(error), paint('red', 'error:')), `hint: ${reportHint}`].join(
      '\n',
    )
  }
  const lines = [labelled('error', error.message, paint('red', 'error:'))]
  if (error.hint !== undefined) lines.push(labelled('hint', error.hint, paint('cyan', 'hint:')))
  return lines.join('\n')
}

export function errorDocument(error: unknown): ErrorDocument {
  if (!isMlstoreError(error)) {
    return { error: { code: 'BUG', message: stackOf(error), hint: reportHint, details: {} } }
  }
  const { code, message, hint = null, details = {} } = error
  return { error: { code, message, hint, details } }
}

function labelled(label: string, message: string, painted: string): string {
  const indent = ' '.repeat(label.length + 2)
  return `${painted} ${visibleLines(message).replaceAll('\n', `\n${indent}`)}`
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? String(error)) : String(error)
}
