/** Scan, plan and materialize in one call, as a checkout does it; the subject of several tests. */

import * as nodeFs from 'node:fs'
import { join } from 'node:path'

import { type Digest, digestOf } from '../../src/core/digest.ts'
import { NodeFileSystem } from '../../src/objects/node-file-system.ts'
import type { FileSystem } from '../../src/ports/file-system.ts'
import type { StatRow } from '../../src/ports/stat-cache.ts'
import { IgnoreRules } from '../../src/worktree/ignore-rules.ts'
import { materialize, type MaterializeRequest } from '../../src/worktree/materialize.ts'
import {
  type Plan,
  planChanges,
  type PlanRequest,
  type ScannedFile,
} from '../../src/worktree/plan.ts'
import { scanFolder } from '../../src/worktree/scan.ts'
import { contentsOf, type FolderSpec, itemsOf } from './folder-spec.ts'

export type Checkout = {
  readonly root: string
  readonly target: FolderSpec
  readonly previous?: FolderSpec
  readonly fs?: FileSystem
  readonly plan?: Partial<PlanRequest>
  readonly materialize?: Partial<MaterializeRequest>
  /** Runs after the plan was made and before it is applied. */
  readonly between?: () => void
}

export type CheckedOut = { readonly plan: Plan; readonly rows: Map<string, StatRow> }

const node = new NodeFileSystem()
let runs = 0

/** Makes the folder at `root` what `target` says. */
export async function checkout(given: Checkout): Promise<CheckedOut> {
  const { root, target, previous = {}, fs = node } = given
  const isThere = nodeFs.existsSync(root)
  const digestsOf = async (files: readonly ScannedFile[]): Promise<Digest[]> =>
    files.map(({ path }) => digestOf(nodeFs.readFileSync(join(root, path))))
  const plan = await planChanges({
    disk: isThere ? scanFolder(fs, root, IgnoreRules.top(), { odd: 'report' }) : undefined,
    previous: [itemsOf(previous)],
    target: [itemsOf(target)],
    digestsOf,
    ...given.plan,
  })
  given.between?.()
  const contents = contentsOf(target)
  const rows = new Map<string, StatRow>()
  await materialize(fs, {
    root,
    steps: plan.steps,
    content: (digest) => contents.get(digest) ?? Buffer.from('no such content'),
    id: `run-${++runs}`,
    onRows: (batch) => batch.forEach(([path, row]) => rows.set(path, row)),
    ...given.materialize,
  })
  return { plan, rows }
}
