/** `import jsonl`: runs that a program wrote as JSON, a line each, or as an array. */

import { objectsIn } from '../../foreign/jsonl/objects.ts'
import { readRunObject } from '../../foreign/jsonl/run-object.ts'
import type { StoreParts } from '../parts.ts'
import type { ImportJsonlRequest, ImportResult } from './results.ts'
import { RunImport } from './runs.ts'
import { ImportSession } from './session.ts'

/** @throws {MlstoreError} `INVALID_ARGUMENT` at what is no run, naming the line. */
export function importJsonl(parts: StoreParts, request: ImportJsonlRequest): Promise<ImportResult> {
  const { input, name } = request
  return ImportSession.run(parts, 'import', request, async (session) => {
    const runs = new RunImport(session)
    const experiments = new Set<string>()
    const now = parts.clock.now().getTime()
    const startOf = (id: string): number => {
      const known = parts.catalog.runs.get(runs.idOf(id))
      return known === undefined ? now : Date.parse(known.startedAt)
    }
    for await (const object of objectsIn(input, name)) {
      const { run, unknownKeys } = readRunObject(object, name, startOf)
      for (const key of unknownKeys) session.note(`The key ${JSON.stringify(key)} means nothing.`)
      if (!experiments.has(run.experiment)) {
        experiments.add(run.experiment)
        const { experiment: id } = run
        runs.addExperiment({ id, name: id, tags: new Map(), isRemoved: false })
      }
      await runs.addRun(run)
    }
    runs.end()
  })
}
