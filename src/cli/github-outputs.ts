/**
 * Outputs of a step of GitHub Actions.
 *
 * They go to the file that `GITHUB_OUTPUT` names; where there is none, the old command is printed
 * at the start of a line. Values are names that somebody gave: whatever they hold, they never become
 * another output.
 */

import { appendFileSync } from 'node:fs'

import { invalidArgument, MlstoreError } from '../errors.ts'
import type { CliContext } from './context.ts'
import { outputCommand, outputLines } from './render/github-outputs.ts'

/** @throws {MlstoreError} `INVALID_ARGUMENT` for what cannot end the name of an output. */
export function checkSuffix(suffix: string | undefined): void {
  if (suffix === undefined || /^[A-Za-z0-9_-]+$/.test(suffix)) return
  throw invalidArgument(
    `Not the end of an output's name: ${JSON.stringify(suffix)}.`,
    'Use letters, digits, _ and -.',
  )
}

/** Tells the outputs, their names ending with `_SUFFIX` if there is one. */
export async function writeGithubOutputs(
  { environment, output, shell }: CliContext,
  suffix: string | undefined,
  outputs: readonly (readonly [name: string, value: string])[],
): Promise<void> {
  const named = outputs.map(([name, value]) => {
    return [suffix === undefined ? name : `${name}_${suffix}`, value] as const
  })
  const file = environment.env['GITHUB_OUTPUT']
  if (file !== undefined && file !== '') {
    append(
      file,
      named.map(([name, value]) => outputLines(name, value, environment.ids.id())),
    )
    return
  }
  const text = named.map(([name, value]) => `${outputCommand(name, value)}\n`).join('')
  // With --json stdout is one document.
  if (output.json) await shell.stderr.write(text)
  else await output.text(text)
}

function append(file: string, blocks: readonly string[]): void {
  try {
    appendFileSync(file, blocks.join(''))
  } catch (error) {
    throw new MlstoreError('IO_ERROR', `GITHUB_OUTPUT: ${file} cannot be written.`, {
      cause: error,
      hint: 'The artifact is in its place; unset GITHUB_OUTPUT to have the outputs printed.',
    })
  }
}
