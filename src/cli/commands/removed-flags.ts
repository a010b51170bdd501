/** `--all` and `--removed`: whether lists show what was removed. */

import { invalidArgument } from '../../errors.ts'
import { flag, type FlagOption } from '../command.ts'

export const removedFlags: { readonly all: FlagOption; readonly removed: FlagOption } = {
  all: flag('Removed ones, too'),
  removed: flag('Only removed ones'),
}

type Flags = { readonly all: boolean; readonly removed: boolean }

/** @throws {MlstoreError} `INVALID_ARGUMENT` if both are given. */
export function viewOf({ all, removed }: Flags): 'active' | 'removed' | 'all' {
  if (all && removed) throw invalidArgument('Give --all or --removed, not both.')
  if (all) return 'all'
  return removed ? 'removed' : 'active'
}
