/** The bench's figures as lines for the terminal and as the tables of docs/benchmarks.md. */

import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { cpus, release, totalmem, type } from 'node:os'
import { fileURLToPath } from 'node:url'

import type { Finding, Measured } from './harness.ts'
import type { Measure } from './row.ts'

const page = fileURLToPath(new URL('../../docs/benchmarks.md', import.meta.url))
const packageFile = new URL('../../package.json', import.meta.url)

const header = [
  'row',
  'work',
  'yardstick',
  'must',
  'measured',
  'verdict',
  'rival here',
  'DVC 3.67 then',
] as const

/** One line a must: a row may have several. */
export function tableRows({ row, seconds, yardstickSeconds, findings }: Measured): string[][] {
  return findings.map((finding) => [
    row.name,
    row.title,
    row.yardstick,
    amount(finding.must.measure, finding.must.limit),
    measuredText(finding, seconds, yardstickSeconds),
    finding.verdict,
    finding.rival === undefined ? '-' : amount(finding.must.measure, finding.rival),
    finding.must.dvc,
  ])
}

function measuredText({ must, measured }: Finding, seconds: number, yardstick?: number): string {
  const text = amount(must.measure, measured)
  if (must.measure !== 'ratio' || yardstick === undefined) return text
  return `${text} (${secondsText(seconds)} / ${secondsText(yardstick)})`
}

const formats: Readonly<Record<Measure, (value: number) => string>> = {
  ratio: (value) => `${value.toFixed(2)}x`,
  seconds: secondsText,
  requests: (value) => `${value} requests`,
  bytesSent: mebibytes,
  bytesStored: mebibytes,
}

function amount(measure: Measure, value: number): string {
  return Number.isNaN(value) ? 'not measured' : formats[measure](value)
}

function mebibytes(bytes: number): string {
  return `${(bytes / 1024 ** 2).toFixed(2)} MiB`
}

function secondsText(seconds: number): string {
  if (seconds < 0.2) return `${(seconds * 1000).toFixed(1)} ms`
  return seconds < 10 ? `${seconds.toFixed(2)} s` : `${seconds.toFixed(1)} s`
}

/** Lines of equal columns for a terminal. */
export function textTable(rows: readonly (readonly string[])[]): string {
  const all = [header, ...rows]
  const widths = header.map((_, column) =>
    Math.max(...all.map((row) => (row[column] ?? '').length)),
  )
  return all
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

export type Circumstances = { readonly scale: number; readonly remote: string }

/** Writes the figures between the markers of docs/benchmarks.md. */
export function writePage(
  rows: readonly (readonly string[])[],
  circumstances: Circumstances,
): void {
  const [begin, end] = ['<!-- bench:begin -->', '<!-- bench:end -->']
  const text = readFileSync(page, 'utf8')
  const before = text.slice(0, text.indexOf(begin) + begin.length)
  const after = text.slice(text.indexOf(end))
  const lines = [...machine(circumstances), '', ...markdownTable(rows)]
  writeFileSync(page, `${before}\n\n${lines.join('\n')}\n\n${after}`)
}

/** What the figures depend on. */
export function machine({ scale, remote }: Circumstances): string[] {
  const { version } = JSON.parse(readFileSync(packageFile, 'utf8')) as { version: string }
  const processors = cpus()
  return [
    `- mlstore ${version} (${commit()}), Node ${process.versions.node}, ${new Date().toISOString().slice(0, 10)}`,
    `- ${processors.length} × ${processors[0]?.model.trim() ?? 'unknown processor'}, ` +
      `${Math.round(totalmem() / 1024 ** 3)} GiB, ${type()} ${release()}`,
    `- remote: ${remote}; scale ${scale}`,
  ]
}

function commit(): string {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim()
  } catch {
    return 'no commit'
  }
}

function markdownTable(rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  return [line(header), line(header.map(() => '---')), ...rows.map(line)]
}
