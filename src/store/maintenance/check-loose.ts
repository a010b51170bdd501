/** Checks loose files: each must be what its name says, all of it. */

import { isMlstoreError, throwIfAborted } from '../../errors.ts'
import type { LocalCheck } from './local-check.ts'
import { sentences } from './sentences.ts'

export async function checkLoose(check: LocalCheck): Promise<void> {
  const { parts, findings, sample, signal, task } = check
  const { loose } = parts.objects
  for (const { digest, sizeBytes } of loose.list()) {
    throwIfAborted(signal)
    if (!sample.takes(digest)) continue
    try {
      await loose.verify(digest, signal)
    } catch (error) {
      // Removed since it was listed.
      if (isMlstoreError(error, 'NOT_FOUND')) continue
      const isDamage = isMlstoreError(error, 'DIGEST_MISMATCH') || isMlstoreError(error, 'IO_ERROR')
      if (!isDamage) throw error
      const where = `objects/${digest.slice(0, 2)}/${digest.slice(2)}`
      const why = 'If it was kept with --hardlink, somebody changed the file it is a link of.'
      const what = sentences(error.message, why)
      findings.report({ where, what, mend: { kind: 'loose', digest } })
    }
    findings.count(1, sizeBytes)
    task.advance({ bytes: sizeBytes })
  }
}
