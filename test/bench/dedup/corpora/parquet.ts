/**
 * A Parquet file written anew with more rows each time, as data pipelines do: once with the
 * default of one row group, once with row groups of 50,000 rows.
 */

import { execFile } from 'node:child_process'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { type Corpus, scaled, versionFolder } from '../corpus.ts'
import { pythonWith } from '../python.ts'
import { samples } from './samples.ts'
import { csv } from './tables.ts'

const execFileAsync = promisify(execFile)

const saves = 5
const rowsAtFullScale = 130_000
const requirement = 'pyarrow==21.0.0'

const script = `
import sys
import pyarrow.csv
import pyarrow.parquet
source, *targets = sys.argv[1:]
table = pyarrow.csv.read_csv(source)
for target in targets:
    folder, rows, group = target.split(':')
    part = table.slice(0, int(rows))
    pyarrow.parquet.write_table(part, folder + '/whole.parquet')
    pyarrow.parquet.write_table(part, folder + '/groups.parquet', row_group_size=int(group))
`

export const parquetTable: Corpus = {
  name: 'parquet',
  title: 'Parquet (Snappy), rewritten with 5 % more rows, 5 versions',
  async make(place) {
    const python = await pythonWith([requirement])
    if (python === undefined) return { skipped: `no Python with ${requirement}` }
    const rows = scaled(place, rowsAtFullScale, 1000)
    const more = Math.ceil(rows / 20)
    const source = join(place.folder, 'all.csv')
    writeFileSync(source, csv(samples('parquet', 1, rows + (saves - 1) * more)))
    const versions = Array.from({ length: saves }, (_, i) => versionFolder(place, i + 1))
    const group = Math.ceil((rows * 50_000) / rowsAtFullScale)
    const targets = versions.map((folder, i) => `${folder}:${rows + i * more}:${group}`)
    await execFileAsync(python.program, ['-c', script, source, ...targets])
    rmSync(source)
    return { versions }
  },
}
