/** Looking at runs: one in full, or several side by side. */

import type { RunLinkRow } from '../../catalog/runs/run-link-table.ts'
import { noteKey } from '../../core/runs/long-value.ts'
import { invalidArgument } from '../../errors.ts'
import type { StoreParts } from '../parts.ts'
import { versionTitle } from '../version-title.ts'
import { resolveRun } from './resolve-run.ts'
import type { ComparisonRow, RunComparison, RunDetails, RunLink, RunSummary } from './results.ts'
import { runSummaries, runSummary } from './run-summaries.ts'
import { filesArtifact, filesRole, localFilesRole } from './seal-files.ts'

/** Everything about one run. */
export function showRun(parts: StoreParts, which: string): RunDetails {
  const { catalog } = parts
  const row = resolveRun(parts, which)
  const summary = runSummary(parts, row.id)
  const sealed = catalog.versions.newest(filesArtifact(row.id))
  return {
    ...summary,
    note: summary.tags[noteKey] ?? null,
    context: catalog.runs.context(row.id),
    exitCode: row.exitCode,
    metricSummaries: Object.fromEntries(
      Array.from(catalog.metrics.of(row.id), ([key, { count, last, lastStep, min, max }]) => {
        return [key, { count, last, lastStep, min, max }]
      }),
    ),
    otherParams: catalog.params.others(row.id),
    ...linksOf(parts, row.id),
    children: catalog.runs.children(row.id).map(({ id, name }) => ({ run: id, name })),
    files: { ...catalog.runFiles.totals(row.id), version: sealed?.id ?? null },
  }
}

/** The versions of its files are what `files` tells of, so they are no outputs. */
function linksOf(
  parts: StoreParts,
  run: string,
): { readonly inputs: RunLink[]; readonly outputs: RunLink[] } {
  const links = parts.catalog.runLinks
    .of(run)
    .filter(({ role }) => role !== filesRole && role !== localFilesRole)
  const of = (direction: RunLinkRow['direction']): RunLink[] =>
    links
      .filter((link) => link.direction === direction)
      .map(({ version, role }) => ({ version, role, name: nameOf(parts, version) }))
  return { inputs: of('input'), outputs: of('output') }
}

function nameOf(parts: StoreParts, id: RunLinkRow['version']): string | null {
  const version = parts.catalog.versions.get(id)
  return version === undefined ? null : versionTitle(parts, version)
}

/** Params and last metrics of several runs, one row a key. */
export function compareRuns(parts: StoreParts, which: readonly string[]): RunComparison {
  if (which.length === 0) throw invalidArgument('Name the runs to compare.')
  const rows = which.map((text) => resolveRun(parts, text))
  const runs = runSummaries(parts, rows)
  const params = rowsOf('param', runs, (run) => run.params)
  const metrics = rowsOf('metric', runs, (run) => run.metrics)
  return { runs, rows: [...params, ...metrics] }
}

/** A run that lacks what another has differs from it; NaN is NaN. */
function rowsOf(
  kind: ComparisonRow['kind'],
  runs: readonly RunSummary[],
  valuesOf: (run: RunSummary) => Readonly<Record<string, string | number>>,
): ComparisonRow[] {
  const keys = new Set(runs.flatMap((run) => Object.keys(valuesOf(run))))
  return [...keys].toSorted().map((key) => {
    const values = runs.map((run) => valuesOf(run)[key] ?? null)
    return { kind, key, values, differs: values.some((value) => !Object.is(value, values[0])) }
  })
}
