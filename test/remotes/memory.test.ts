/** The memory remote is a remote like any other. */

import { MemoryRemote, type MemoryObjects } from '../../src/remotes/memory.ts'
import { remoteContract } from '../contracts/remote.ts'
import { fakeClock } from './fake-clock.ts'

remoteContract('the memory remote', async () => {
  const objects: MemoryObjects = new Map()
  const clock = fakeClock()
  return {
    remote: new MemoryRemote(clock, objects),
    again: new MemoryRemote(clock, objects),
    close: async () => undefined,
  }
})
