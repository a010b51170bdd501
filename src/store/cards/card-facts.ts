/** `card render`: what a readable card tells of a version, gathered. */

import { parseReference } from '../../core/reference.ts'
import type { VersionRow } from '../../catalog/version-row.ts'
import { listFiles } from '../list.ts'
import { predecessorRole } from '../model-versions/successors.ts'
import type { StoreParts } from '../parts.ts'
import { resolveReference } from '../resolve.ts'
import type { ListedFile, ShowResult } from '../results.ts'
import type { RunDetails } from '../runs/results.ts'
import { showRun } from '../runs/show-run.ts'
import { show } from '../show.ts'
import { versionTitle } from '../version-title.ts'
import { ensureNodes, readCardFile } from './card-file.ts'
import type { CardFacts } from './results.ts'
import { cardResult } from './show-card.ts'

/** More are counted, not listed. */
const filesMax = 100

/** Runs that made the same version: one, as a rule. */
const runsMax = 3

/** Gathers; fetches tree nodes and the card file where they are not here. */
export async function cardFacts(parts: StoreParts, reference: string): Promise<CardFacts> {
  const row = resolveReference(parts, parseReference(reference))
  await ensureNodes(parts, row)
  const card = await readCardFile(parts, row)
  const chain = previousVersions(parts, row)
  const shown = [row, ...chain].map((each) => show(parts, `${each.artifact}@${each.id}`))
  const [version] = shown
  if (version === undefined) throw new TypeError('a version is shown')
  const made = shown.find(({ madeBy }) => madeBy.length > 0)
  return {
    version,
    card: card === undefined ? null : await cardResult(parts, row, card),
    previous: chain.map((each) => versionTitle(parts, each)),
    runs: made === undefined ? [] : runsOf(parts, made),
    code: shown.find(({ code }) => code !== null)?.code ?? null,
    inputs: inputsOf(shown),
    files: await firstFiles(parts, row),
  }
}

/** What is this version but for its card, back to the one that was made first. */
function previousVersions(parts: StoreParts, row: VersionRow): VersionRow[] {
  const chain: VersionRow[] = []
  let next = previousOf(parts, row)
  while (next !== undefined && !chain.some(({ id }) => id === next?.id)) {
    chain.push(next)
    next = previousOf(parts, next)
  }
  return chain
}

function previousOf({ catalog }: StoreParts, { artifact, record }: VersionRow) {
  const input = record.inputs?.find(({ role }) => role === predecessorRole)
  const row = input && catalog.versions.get(input.version)
  return row?.artifact === artifact ? row : undefined
}

function runsOf(parts: StoreParts, { madeBy }: ShowResult): RunDetails[] {
  return madeBy
    .filter(({ name, removed }) => name !== null && !removed)
    .slice(0, runsMax)
    .map(({ run }) => showRun(parts, run))
}

/** What any of them was made from, once each, but not one from the other. */
function inputsOf(shown: readonly ShowResult[]): ShowResult['inputs'] {
  const seen = new Set<string>()
  return shown
    .flatMap(({ inputs }) => inputs)
    .filter(
      ({ role, version }) => role !== predecessorRole && !seen.has(version) && seen.add(version),
    )
}

async function firstFiles(parts: StoreParts, { artifact, id }: VersionRow): Promise<ListedFile[]> {
  const files: ListedFile[] = []
  const reference = `${artifact}@${id}`
  for await (const file of listFiles(parts, { reference, recursive: true })) {
    if (file.kind !== 'directory') files.push(file)
    if (files.length === filesMax) break
  }
  return files
}
