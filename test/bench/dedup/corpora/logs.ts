/**
 * Logs of JSON lines: the newest file grows, a new one is begun, and in each save one of the old
 * files is edited (a host name replaced in 30 lines, as when something must not be known).
 */

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { between, seededBytes, seededNumbers } from '../../../support/seeded-data.ts'
import { type Corpus, scaled, versionFolder } from '../corpus.ts'
import { sentence } from './samples.ts'

const saves = 5
const filesAtFirst = 5
const linesAtFullScale = 25_000
const editedLines = 30

export const jsonLines: Corpus = {
  name: 'json-lines',
  title: 'JSON-lines logs, appended and edited, 5 versions',
  async make(place) {
    const lines = scaled(place, linesAtFullScale, 200)
    const files = Array.from({ length: filesAtFirst }, (_, file) => logLines(file, lines))
    const versions: string[] = []
    for (let save = 1; save <= saves; save++) {
      if (save > 1) nextSave(files, lines, save)
      const folder = versionFolder(place, save)
      for (const [file, content] of files.entries()) {
        writeFileSync(join(folder, `run-${file}.jsonl`), content.join(''))
      }
      versions.push(folder)
    }
    return { versions }
  },
}

/** The newest file doubles, a file of half the length is begun, an old one is edited. */
function nextSave(files: string[][], lines: number, save: number): void {
  const newest = files.length - 1
  files[newest]?.push(...logLines(newest, lines, lines))
  files.push(logLines(files.length, Math.ceil(lines / 2)))
  const random = seededNumbers(`edits ${save}`)
  const edited = files[save - 2] ?? []
  for (let i = 0; i < editedLines; i++) {
    const at = between(random, 0, edited.length - 1)
    edited[at] = (edited[at] ?? '').replace(/"host":"[^"]*"/, '"host":"-"')
  }
}

function logLines(file: number, count: number, from = 0): string[] {
  const random = seededNumbers(`log ${file} ${from}`)
  const ids = seededBytes(`ids ${file} ${from}`, 8 * count)
  return Array.from({ length: count }, (_, i) => {
    const step = from + i
    const line = {
      ts: new Date(1_700_000_000_000 + file * 86_400_000 + step * 731).toISOString(),
      level: random() < 0.02 ? 'WARN' : 'INFO',
      host: `node-${between(random, 1, 16)}.cluster.local`,
      trace: ids.toString('hex', 8 * i, 8 * i + 8),
      step,
      loss: Math.round(1e6 * (2 / Math.sqrt(1 + step / 50) + random() / 10)) / 1e6,
      lr: 0.0003,
      msg: sentence(random, between(random, 3, 14)),
    }
    return `${JSON.stringify(line)}\n`
  })
}
