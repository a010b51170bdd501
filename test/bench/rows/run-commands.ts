/** Commands about runs in a small store: logging a point, and those that only read. */

import { dirname } from 'node:path'

import type { Row } from '../row.ts'
import { startNode } from '../yardsticks.ts'
import { freshLibraryStore } from './library-store.ts'

/** `RUN` stands for the id of a run. */
const commands = {
  'run-log': 'run log RUN --metric loss=0.1 --step 3',
  'run-show': 'run show RUN',
  'run-list': 'run list',
}

export const runCommands: readonly Row[] = Object.entries(commands).map(([name, line]) => ({
  name,
  title: `mlstore ${line}`,
  yardstick: 'node -e 0',
  rounds: 11,
  musts: [{ measure: 'ratio', limit: 3, dvc: '-' }],
  async start(place) {
    await using store = await freshLibraryStore(place)
    const run = await store.startRun({ experiment: 'bench', params: { lr: 0.1 } })
    run.logMetrics({ loss: 1 }, { step: 0 })
    await run.flush()
    const command = place.command(dirname(store.directory))
    const work = {
      async run() {
        await command.succeed(...line.replace('RUN', run.id).split(' '))
        return {}
      },
    }
    return { yardstick: startNode(), work }
  },
}))
