/**
 * Repairs a damaged journal: what can be read stays, what was lost comes from the catalog and from
 * remotes, and what is lost for good is said.
 *
 *   journal.repair/building  ->  journal.repair/new            the new journal is whole
 *   the catalog forgets everything, durably                    it knows places in the old one
 *   journal -> journal.repair/old, journal.repair/new -> journal
 *   the catalog is built again
 *   journal.repair -> damaged/journal-<id>                      nothing is thrown away
 *
 * Each arrow is one rename. A crash between two of them leaves `journal.repair`: nobody writes
 * until the next repair has gone on from there (`writing.ts`).
 */

import { join } from 'node:path'

import { expectObject, expectSafeInteger, Fields } from '../../core/json-shape.ts'
import { isMlstoreError } from '../../errors.ts'
import { durableWrite, makeDirectoryDurably } from '../../objects/durable-write.ts'
import type { StoreParts } from '../parts.ts'
import { catchUpForCheck } from './catch-up-for-check.ts'
import { checkJournal } from './check-journal.ts'
import { Findings } from './findings.ts'
import type { LocalCheck } from './local-check.ts'
import { type JournalRebuild, rebuildJournal } from './rebuild-journal.ts'
import { emptyCatalog, fillCatalog } from './reindex.ts'
import { damagedFolderName } from './repair-local.ts'
import { sentences } from './sentences.ts'

/**
 * Repairs the journal if that is called for, and reports what was found and what became of it.
 *
 * @throws {MlstoreError} If the catalog is damaged; `FORMAT_UNSUPPORTED` if a newer mlstore wrote some of it: then it is left
 * alone.
 */
export async function repairJournal(check: LocalCheck): Promise<void> {
  const { parts, signal, findings } = check
  catchUpForCheck(parts)
  const found = new Findings()
  checkJournal({ ...check, findings: found })
  if (found.open('journal').length === 0) return
  const mended = await parts.withLock(parts.layout.writerLock, async () => mend(parts, signal))
  for (const finding of found.all) findings.report(finding)
  findings.mended({ kind: 'journal' })
  const failures = await fetchAll(parts, signal)
  reportLoss(check, mended)
  reportUnfetched(check, mended.rebuild, failures)
}

type Mended = { readonly rebuild: JournalRebuild; readonly kept: string }

function mend(parts: StoreParts, signal: AbortSignal | undefined): Mended {
  const place = new RepairFolder(parts)
  try {
    place.prepare(signal)
  } catch (error) {
    place.discard()
    throw error
  }
  return place.finish()
}

/** `journal.repair`, wherever an earlier repair left it. */
class RepairFolder {
  readonly #parts: StoreParts
  readonly #folder: string
  readonly #report: string

  constructor(parts: StoreParts) {
    this.#parts = parts
    this.#folder = parts.layout.journalRepair
    this.#report = join(this.#folder, 'report.json')
  }

  /** Afterwards there is a new journal, or the old one is away already. */
  prepare(signal: AbortSignal | undefined): void {
    const { fs } = this.#parts
    if (this.#has('new') || this.#has('old')) return
    fs.removeTree(this.#folder)
    makeDirectoryDurably(fs, this.#folder)
    const rebuild = rebuildJournal(this.#parts, this.#at('building'), signal)
    durableWrite(this.#parts, this.#report, Buffer.from(JSON.stringify(rebuild)))
    this.#rename(this.#at('building'), this.#at('new'))
  }

  /** Takes back a preparation that failed; one that is done stays. */
  discard(): void {
    if (!this.#has('new') && !this.#has('old')) this.#parts.fs.removeTree(this.#folder)
  }

  finish(): Mended {
    const { layout, fs } = this.#parts
    const rebuild = this.#readReport()
    emptyCatalog(this.#parts)
    const isInPlace = this.#has('old') && !this.#has('new')
    if (!isInPlace && !this.#has('old')) {
      if (fs.lstat(layout.journal) === undefined) fs.makeDirectory(this.#at('old'))
      else this.#rename(layout.journal, this.#at('old'))
    }
    if (!isInPlace) this.#rename(this.#at('new'), layout.journal)
    fillCatalog(this.#parts)
    return { rebuild, kept: this.#putAside() }
  }

  #putAside(): string {
    const { layout, fs, ids } = this.#parts
    makeDirectoryDurably(fs, join(layout.directory, damagedFolderName))
    const kept = join(damagedFolderName, `journal-${ids.id()}`)
    this.#rename(this.#folder, join(layout.directory, kept))
    return kept
  }

  #readReport(): JournalRebuild {
    const fields = new Fields(
      JSON.parse(this.#parts.fs.readFile(this.#report).toString('utf8')),
      this.#report,
    )
    const heads = Object.entries(expectObject(fields.get('heads'), `${this.#report}: heads`))
    return {
      gaps: fields.integer('gaps'),
      gapBytes: fields.integer('gapBytes'),
      recovered: fields.integer('recovered'),
      leftOut: fields.integer('leftOut'),
      isAllKnown: fields.boolean('isAllKnown'),
      heads: Object.fromEntries(
        heads.map(([repoId, seq]) => [repoId, expectSafeInteger(seq, this.#report)]),
      ),
    }
  }

  #has(name: string): boolean {
    return this.#parts.fs.lstat(this.#at(name)) !== undefined
  }

  #at(name: string): string {
    return join(this.#folder, name)
  }

  #rename(from: string, to: string): void {
    const { fs, layout } = this.#parts
    fs.rename(from, to)
    for (const path of [layout.directory, this.#folder, join(to, '..')]) {
      if (fs.lstat(path) !== undefined) fs.syncDirectory(path)
    }
  }
}

/** Why a remote could not be asked, by its name. */
type Failures = ReadonlyMap<string, string>

/** What the remotes say comes back from them. */
async function fetchAll(parts: StoreParts, signal: AbortSignal | undefined): Promise<Failures> {
  const { fetchRemote } = await import('../sync/fetch.ts')
  const failures = new Map<string, string>()
  for (const { name } of parts.config().remotes()) {
    try {
      await fetchRemote(parts, name, signal)
    } catch (error) {
      if (!isMlstoreError(error) || error.code === 'INTERRUPTED') throw error
      failures.set(name, error.message)
    }
  }
  return failures
}

function reportLoss({ findings }: LocalCheck, { rebuild, kept }: Mended): void {
  const { gaps, gapBytes, recovered, leftOut, isAllKnown } = rebuild
  const where = 'journal'
  const old = `The journal as it was is in .mlstore/${kept}/old.`
  if (recovered > 0) {
    const what = `${recovered} own events that could not be read were put back from index.sqlite.`
    findings.report({ where, what, isNote: true })
  }
  if (isAllKnown && leftOut === 0) {
    findings.report({ where, what: old, isNote: true })
    return
  }
  const what =
    `${gaps} places (${gapBytes} bytes) could not be read and ${leftOut} records make no sense any more: ` +
    'what they said of changes made here is lost, unless a remote had it.'
  findings.report({ where, what: sentences(what, old) })
}

/** Log entries that were known before and are not now. */
function reportUnfetched(
  { parts, findings }: LocalCheck,
  { heads }: JournalRebuild,
  failures: Failures,
): void {
  for (const [name, message] of failures) {
    const what = `${name} could not be asked for what it has: ${message}`
    findings.report({
      where: 'journal',
      what: sentences(what, `Run \`mlstore fetch ${name}\``),
      isNote: true,
    })
  }
  for (const [repoId, seq] of Object.entries(heads)) {
    const now = parts.catalog.remotes.head(repoId)?.seq ?? 0
    if (now >= seq) continue
    const what = `log entries ${now + 1} to ${seq} of repository ${repoId} are not here any more: fetch them from the remote that has it.`
    findings.report({ where: 'journal', what })
  }
}
