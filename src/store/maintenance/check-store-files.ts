/** Checks the small files: `format.json`, settings, `worktree.json`, `exclusions.json`, `mlstore.lock`. */

import { isMlstoreError } from '../../errors.ts'
import { sharedConfigName } from '../config.ts'
import { exclusionsFileName, ExclusionsOfPaths } from '../exclusions.ts'
import { lockedPaths, lockFileName } from '../lock-file.ts'
import { readFormat } from '../store-format.ts'
import { readWorktreeState } from '../worktree-state.ts'
import type { LocalCheck } from './local-check.ts'
import { sentences } from './sentences.ts'

export function checkStoreFiles(check: LocalCheck): void {
  const { parts } = check
  const { layout } = parts
  attempt(check, 'format.json', () => {
    const { storeId } = readFormat(parts.fs, layout)
    if (storeId === parts.storeId) return
    const what = `it names store ${storeId}, and was ${parts.storeId} when the store was opened.`
    check.findings.report({ where: 'format.json', what })
  })
  attempt(check, sharedConfigName, () => parts.config().remotes())
  attempt(check, 'worktree.json', () => readWorktreeState(parts))
  attempt(check, exclusionsFileName, () => new ExclusionsOfPaths(parts))
  attempt(check, lockFileName, () => checkLockFile(check))
}

function checkLockFile({ parts, findings }: LocalCheck): void {
  for (const { path, artifact, label, version } of lockedPaths(parts)) {
    if (parts.catalog.versions.get(version) !== undefined) continue
    const what =
      `for ${path} it names ${artifact}@${label}, version ${version.slice(0, 12)}, ` +
      'which is not known here: run `mlstore pull`, and if that does not help, ask whoever committed it to push.'
    findings.report({ where: lockFileName, what })
  }
}

/** Whatever keeps a file from being read is a finding. */
function attempt({ findings }: LocalCheck, where: string, work: () => void): void {
  try {
    work()
  } catch (error) {
    if (!isMlstoreError(error)) throw error
    findings.report({ where, what: sentences(error.message, error.hint) })
  }
}
