/** Runs by id and name: what commands print that change them. */

import { visible } from '../../core/visible-text.ts'

type Named = { readonly run: string; readonly name: string }

/** Enough of an id to find the run again; commands accept 8 characters and more. */
export function shortRun(run: string): string {
  return run.slice(0, 12)
}

/** `Removed 3f9a1c0417b2 brave-otter`, a line a run. */
export function renderNames(what: string, runs: readonly Named[]): string {
  return runs.map(({ run, name }) => `${what} ${shortRun(run)} ${visible(name)}`).join('\n')
}
