/**
 * `fsck`: reads everything the store consists of and says what is not as it should be.
 *
 * Without `repair` nothing is written. With it, what is damaged or gone is restored from other
 * packs, from unchanged files of the user, or from remotes, and the result says which problems
 * are gone.
 */

import { DigestSet } from '../../core/digest-set.ts'
import { isMlstoreError, type MlstoreError } from '../../errors.ts'
import type { StoreParts } from '../parts.ts'
import type { FsckRequest } from '../requests.ts'
import type { FsckResult } from '../results.ts'
import { catchUpForCheck } from './catch-up-for-check.ts'
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
import { emptyCatalog, isDamagedDatabase, reindex } from './reindex.ts'
import { sampleOf } from './sample.ts'

/** Checks the local store, or with `remote` that remote; see `Store.fsck`. */
export async function fsck(parts: StoreParts, request: FsckRequest = {}): Promise<FsckResult> {
  if (request.remote !== undefined) return fsckRemote(parts, request.remote, request)
  const sample = sampleOf(request.samplePercent)
  await parts.codec.open()
  const task = parts.progress.start('check')
  try {
    const check = newCheck({ parts, sample, task, signal: request.signal })
    await checkStore(check, request.repair === true)
    return check.findings.result()
  } finally {
    task.end()
  }
}

function newCheck(tools: Pick<LocalCheck, 'parts' | 'sample' | 'task' | 'signal'>): LocalCheck {
  const findings = new Findings()
  return { ...tools, findings, damagedPacks: new Map(), unreadable: new DigestSet() }
}

async function checkStore(check: LocalCheck, isRepaired: boolean): Promise<void> {
  try {
    await checkWithCatalog(check, isRepaired)
  } catch (error) {
    if (!isCatalogOfNoUse(check.parts, error)) throw error
    reportCatalog(check, error)
    if (!isRepaired) return
    await replaceCatalog(check.parts)
    check.findings.mended({ kind: 'catalog' })
    const again = newCheck(check)
    await checkWithCatalog(again, isRepaired)
    check.findings.absorb(again.findings)
  }
}

async function checkWithCatalog(check: LocalCheck, isRepaired: boolean): Promise<void> {
  // Everything else is judged by what the journal says.
  if (isRepaired) await repairJournal(check)
  catchUpForCheck(check.parts)
  await checkAll(check)
  if (isRepaired) await repairAll(check)
}

/** A format that is not known may be that of the catalog, or of something else. */
function isCatalogOfNoUse(parts: StoreParts, error: unknown): error is MlstoreError {
  if (isDamagedDatabase(error)) return true
  if (!isMlstoreError(error, 'FORMAT_UNSUPPORTED')) return false
  try {
    void parts.catalog.position
    return false
  } catch {
    return true
  }
}

/** Without its catalog nothing more can be said of a store. */
function reportCatalog({ findings }: LocalCheck, error: MlstoreError): void {
  const hint = '`mlstore reindex` builds it again; nothing is lost.'
  const finding = { where: 'index.sqlite', what: error.message, hint }
  findings.report({ ...finding, mend: { kind: 'catalog' } })
}

/** A journal that is damaged too is repaired next, with nobody left to ask what it said. */
async function replaceCatalog(parts: StoreParts): Promise<void> {
  try {
    await reindex(parts)
  } catch (error) {
    if (!isMlstoreError(error, 'CORRUPT')) throw error
    await parts.withLock(parts.layout.writerLock, async () => emptyCatalog(parts))
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
