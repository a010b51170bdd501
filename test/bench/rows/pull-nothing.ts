/** A pull with nothing to fetch and nothing to write. */

import type { PullResult } from '../../../src/store/results.ts'
import type { Row } from '../row.ts'
import { startNode } from '../yardsticks.ts'
import { warmPair } from './warm-pair.ts'

export const pullNothing: Row = {
  name: 'pull-nothing',
  title: 'pull with nothing new',
  yardstick: 'node -e 0',
  rounds: 7,
  musts: [
    { measure: 'seconds', limit: 0.4, dvc: '16 s', dvcValue: 16 },
    { measure: 'requests', limit: 2, dvc: '-' },
  ],
  async start(place) {
    const store = await warmPair(place)
    return {
      yardstick: startNode(),
      work: {
        async run() {
          const { requests } = await store.json<PullResult>('pull')
          return { requests }
        },
      },
    }
  },
}
