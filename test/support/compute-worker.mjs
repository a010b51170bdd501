/** Entry point of a compute thread that runs from src/: Node 20 does not hand the loader on. */

import { register } from 'tsx/esm/api'

register()
await import('../../src/objects/compute-worker.ts')
