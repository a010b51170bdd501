/** How long the command takes before it does anything: the version, and local read commands. */

import type { Row, Work } from '../row.ts'
import { startNode } from '../yardsticks.ts'
import { warmPair } from './warm-pair.ts'

const readCommands = {
  ls: 'ls',
  'ls-files': 'ls dataset/warm@v1',
  log: 'log dataset/warm',
  show: 'show dataset/warm@prod',
  status: 'status',
  search: 'search warm',
  'alias-list': 'alias list',
  'tag-list': 'tag list dataset/warm',
  'remote-list': 'remote list',
  'config-list': 'config list',
}

export const startUp: readonly Row[] = [
  startUpRow('version', '--version', 2),
  ...Object.entries(readCommands).map(([name, line]) => startUpRow(`read-${name}`, line, 3)),
]

function startUpRow(name: string, line: string, limit: number): Row {
  return {
    name,
    title: `mlstore ${line}`,
    yardstick: 'node -e 0',
    rounds: 11,
    musts: [{ measure: 'ratio', limit, dvc: '0.9 s' }],
    async start(place) {
      const store = await warmPair(place)
      const work: Work = {
        async run() {
          await store.succeed(...line.split(' '))
          return {}
        },
      }
      return { yardstick: startNode(), work }
    },
  }
}
