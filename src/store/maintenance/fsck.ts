/**
 * `fsck`: reads everything the store consists of and says what is not as it should be.
 *
 * Without `repair` nothing is written. With it, what is damaged or gone is restored from other
 * packs, from unchanged files of the user, or from remotes, and the result says which problems
 * are gone.
 */

import { DigestSet } from '../../core/digest-set.ts'
import { isMlstoreError } from '../../errors.ts'
import type { StoreParts } from '../parts.ts'
import type { FsckRequest } from '../requests.ts'
import type { FsckResult } from '../results.ts'
import { checkCatalog } from './check-catalog.ts'
import { checkJournal } from './check-journal.ts'
import { checkLoose } from './check-loose.ts'
import { checkPacks } from './check-packs.ts'
import { checkStoreFiles } from './check-store-files.ts'
import { TreeCheck } from './check-trees.ts'
import { Findings } from './findings.ts'
import { fsckRemote } from './fsck-remote.ts'
import type { LocalCheck } from './local-check.ts'
import { repairJournal } from './repair-journal.ts'
import { repairCatalog, repairObjects } from './repair-local.ts'
import { isAboutCatalog, reindex } from './reindex.ts'
import { sampleOf } from './sample.ts'
import { sentences } from './sentences.ts'

/** Checks the local store, or with `remote` that remote; see `Store.fsck`. */
export async function fsck(parts: StoreParts, request: FsckRequest = {}): Promise<FsckResult> {
  if (request.remote !== undefined) return fsckRemote(parts, request.remote, request)
  const sample = sampleOf(request.samplePercent)
  await parts.codec.open()
  const task = parts.progress.start('check')
  try {
    const { signal } = request
    const check: LocalCheck = {
      parts,
      sample,
      task,
      signal,
      findings: new Findings(),
      damagedPacks: new Map(),
      unreadable: new DigestSet(),
    }
    const isRepaired = request.repair === true
    // Everything else is judged by what the journal says.
    if (isRepaired) await repairJournal(check)
    if (await openCatalog(check, isRepaired)) {
      await checkAll(check)
      if (isRepaired) await repairAll(check)
    }
    return check.findings.result()
  } finally {
    task.end()
  }
}

/** Without its catalog nothing more can be said of a store; it is made again first, or reported. */
async function openCatalog(check: LocalCheck, isRepaired: boolean): Promise<boolean> {
  const { parts, findings } = check
  try {
    parts.catchUp()
    return true
  } catch (error) {
    if (!isMlstoreError(error)) throw error
    // A damaged journal or a settings file that is none is found again, and named, further on.
    if (!isAboutCatalog(error)) return true
    const what = sentences(error.message, '`mlstore reindex` builds it again; nothing is lost.')
    findings.report({ where: 'index.sqlite', what, mend: { kind: 'catalog' } })
    if (!isRepaired) return false
    await reindex(parts)
    findings.mended({ kind: 'catalog' })
    return true
  }
}

async function checkAll(check: LocalCheck): Promise<void> {
  checkStoreFiles(check)
  const isJournalWhole = checkJournal(check)
  checkCatalog(check, isJournalWhole)
  await checkPacks(check)
  await checkLoose(check)
  await new TreeCheck(check).run()
}

/** What was hidden behind a damaged node shows when that is restored, so it goes on until nothing does. */
async function repairAll(check: LocalCheck): Promise<void> {
  await repairCatalog(check)
  for (let round = check; ;) {
    await repairObjects(round)
    const next: LocalCheck = {
      ...check,
      sample: { takes: () => false },
      findings: new Findings(),
      damagedPacks: new Map(),
      unreadable: new DigestSet(),
    }
    await new TreeCheck(next).run()
    const fresh = next.findings.all.filter((finding) => !check.findings.has(finding))
    if (fresh.length === 0) return
    for (const finding of fresh) check.findings.report(finding)
    round = { ...next, findings: check.findings }
  }
}
