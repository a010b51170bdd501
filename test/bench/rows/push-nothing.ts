/** A push with nothing to send. */

import type { PushResult } from '../../../src/store/results.ts'
import type { Row } from '../row.ts'
import { startNode } from '../yardsticks.ts'
import { warmPair } from './warm-pair.ts'

export const pushNothing: Row = {
  name: 'push-nothing',
  title: 'push with nothing new',
  yardstick: 'node -e 0',
  rounds: 7,
  musts: [
    { measure: 'seconds', limit: 0.4, dvc: '10 s', dvcValue: 10 },
    { measure: 'requests', limit: 2, dvc: '-' },
  ],
  async start(place) {
    const store = await warmPair(place)
    return {
      yardstick: startNode(),
      work: {
        async run() {
          const { requests, bytesSent } = await store.json<PushResult>('push')
          return { requests, bytesSent }
        },
      },
    }
  },
}
