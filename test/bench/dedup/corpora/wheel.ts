/** Releases of a binary wheel, unpacked: libraries, Python sources and tests, a thousand files. */

import { cpSync } from 'node:fs'

import { type Corpus, type CorpusPlace, versionFolder } from '../corpus.ts'
import { unpackedWheel } from '../python.ts'

const name = 'numpy'
const releases = ['2.2.4', '2.2.5', '2.2.6']

/** Below this scale the corpus is left out: a wheel has the size it has. */
const scaleMin = 0.1

export const wheelReleases: Corpus = {
  name: 'wheel',
  title: `${name} ${releases.join(', ')} unpacked`,
  async make(place: CorpusPlace) {
    if (place.scale < scaleMin) return { skipped: `too large for scale ${place.scale}` }
    const versions: string[] = []
    for (const release of releases) {
      const source = await unpackedWheel(name, release)
      if (source === undefined) return { skipped: `pip could not fetch ${name} ${release}` }
      const folder = versionFolder(place, versions.length + 1)
      cpSync(source, folder, { recursive: true })
      versions.push(folder)
    }
    return { versions }
  },
}
