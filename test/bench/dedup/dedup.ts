/**
 * `npm run bench:dedup`: bytes stored and sent for files that are saved again and again, beside
 * restic and whole-file dedup, and what other chunk parameters would do.
 *
 *   --scale 0.1                 a tenth of the sizes
 *   --corpora csv,tar           only these (default: all)
 *   --sweep                     other chunk sizes and normalisations too
 *   --sizes 16/64/256,…         minimum, target and maximum to try, in KiB
 *   --normalisations 0,1,2,3    bits that the masks are apart from the target
 *   --levels 1,3                zstd levels to try (default: what the product does)
 *   --check                     exit code 1 if a corpus is worse than restic by more than 3 %
 *   --report                    writes the tables into docs/decisions/001-chunking.md
 *
 * restic, Python and pip are used where they are installed; what needs them is left out elsewhere.
 */

import { mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

import {
  againstRestic,
  type Compared,
  compare,
  comparisonTable,
  resticRatioMax,
} from './comparison.ts'
import { resticVersion } from './contenders.ts'
import { corpora } from './corpora.ts'
import { FileDigests } from './simulated-remote.ts'
import { smallFilesTable } from './small-files.ts'
import { choose, nameOf, type Swept, sweep, sweepTable } from './sweep.ts'
import { type Table, textTable, writeTable } from './tables.ts'

const { values } = parseArgs({
  options: {
    scale: { type: 'string', default: '1' },
    corpora: { type: 'string', default: '' },
    sweep: { type: 'boolean', default: false },
    sizes: { type: 'string', default: '4/16/64,8/32/128,16/64/256,32/128/512,64/256/1024' },
    normalisations: { type: 'string', default: '0,1,2,3' },
    levels: { type: 'string', default: '' },
    check: { type: 'boolean', default: false },
    report: { type: 'boolean', default: false },
  },
})

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'mlstore-dedup-')))
try {
  await run()
} finally {
  rmSync(folder, { recursive: true, force: true })
}

async function run(): Promise<void> {
  const digests = new FileDigests()
  const restic = await resticVersion()
  if (restic === undefined) print('restic is not installed: nothing to compare with.')
  const compared = await compareAll(digests, restic !== undefined)
  const about = `${restic ?? 'no restic'}, scale ${values.scale}, Node ${process.versions.node}`
  show('dedup', [about], comparisonTable(compared))
  show('small-files', ['zstd level 1 where nothing else is said.'], await smallFilesTable())
  if (values.sweep) await sweepAll(compared, digests)
  const worse = compared.filter((corpus) => againstRestic(corpus) > resticRatioMax)
  for (const corpus of worse) {
    print(`${corpus.name}: ${againstRestic(corpus).toFixed(3)} times what restic needs`)
  }
  if (values.check && worse.length > 0) process.exitCode = 1
}

async function compareAll(digests: FileDigests, hasRestic: boolean): Promise<Compared[]> {
  const chosen = listOf(values.corpora)
  const compared: Compared[] = []
  for (const corpus of corpora) {
    if (chosen.length > 0 && !chosen.includes(corpus.name)) continue
    const place = join(folder, corpus.name)
    mkdirSync(place)
    const made = await corpus.make({ folder: place, scale: Number(values.scale) })
    if ('skipped' in made) {
      print(`${corpus.name}: left out, ${made.skipped}`)
      continue
    }
    const where = { folder: join(folder, 'contenders'), digests, hasRestic }
    compared.push(await compare({ ...corpus, versions: made.versions }, where))
    print(`${corpus.name}: ${corpus.title}`)
  }
  return compared
}

async function sweepAll(compared: readonly Compared[], digests: FileDigests): Promise<void> {
  const points: Swept[] = []
  const request = {
    sizes: listOf(values.sizes),
    normalisations: listOf(values.normalisations).map(Number),
    levels: listOf(values.levels).map(Number),
  }
  for await (const point of sweep(compared, digests, request)) points.push(point)
  const chosen = choose(points)
  const verdict =
    chosen === undefined
      ? 'None of these is within 3 % of restic on every corpus.'
      : `Least total among those within 3 % of restic on every corpus: ${nameOf(chosen)}.`
  show('sweep', [verdict], sweepTable(points))
}

function show(name: string, lines: readonly string[], table: Table): void {
  print(`\n${lines.join('\n')}\n${textTable(table)}\n`)
  if (values.report) writeTable(name, lines, table)
}

function listOf(text: string): string[] {
  return text.split(',').filter((part) => part !== '')
}

function print(text: string): void {
  process.stdout.write(`${text}\n`)
}
