/**
 * The same requests to MLflow's real server and to ours: the answers are the same, but for what
 * docs/mlflow.md lists. Needs what `npm run test:mlflow` installs; MLSTORE_TEST_SEED repeats a run.
 */

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test, type TestContext } from 'node:test'

import { startServer } from '../../src/server/server.ts'
import { TestRepository } from '../support/store.ts'
import { find, type Masked, type Request, Side } from './both-servers.ts'
import { generated } from './generated-requests.ts'
import { type MlflowProcess, startMlflow } from './mlflow-process.ts'
import { different, recorded } from './recorded-requests.ts'

const folder = mkdtempSync(join(tmpdir(), 'mlstore-differential-'))
let server: MlflowProcess | undefined

before(async () => {
  server = await startMlflow(folder)
})

after(() => {
  server?.stop()
  rmSync(folder, { recursive: true, force: true })
})

test('recorded requests are answered as the real server answers them', async (t) => {
  const sides = await bothSides(t)
  await compareAll(sides, recorded)
  for (const [request, theirs, ours] of different) {
    const their = await sides.real.ask(request)
    const our = await sides.ours.ask(request)
    const why = `${textOf(request)}: see docs/mlflow.md`
    assert.deepEqual([their.status, our.status], [theirs, ours], why)
  }
})

test('generated requests are answered as the real server answers them', async (t) => {
  // The same each time, so that CI says of one tree what it said before; others are asked for by hand.
  const seed = Number(process.env['MLSTORE_TEST_SEED'] ?? 222_405_854)
  t.diagnostic(`MLSTORE_TEST_SEED=${seed}`)
  await compareAll(await bothSides(t), generated(seed, 600))
})

type Sides = { readonly real: Side; readonly ours: Side; readonly turn: () => void }

async function bothSides(t: TestContext): Promise<Sides> {
  assert.ok(server !== undefined)
  const { store, environment } = await TestRepository.create(t)
  const own = await startServer({ store, environment, version: '1.2.3', port: 0 })
  t.after(() => own.close())
  const turn = (): void => environment.clock.turn(1)
  return { real: new Side(server.url), ours: new Side(own.url), turn }
}

async function compareAll(
  { real, ours, turn }: Sides,
  requests: readonly Request[],
): Promise<void> {
  for (const request of requests) {
    const theirs = await real.ask(request)
    const own = await ours.ask(request)
    turn()
    if (hasOwnWords(theirs, own)) {
      assert.deepEqual(withoutMessage(own), withoutMessage(theirs), textOf(request))
    } else assert.deepEqual(own, theirs, textOf(request))
  }
}

/** What is wrong with a query or a page is said in words of ours, and no SQL is shown. */
function hasOwnWords(theirs: Masked, own: Masked): boolean {
  const [their, our] = [find(theirs.body, 'message'), find(own.body, 'message')]
  if (typeof their !== 'string' || typeof our !== 'string') return false
  return (
    /^query: |^This is no page token|must be at most 50000$/.test(our) || their.includes('sqlite3')
  )
}

function withoutMessage({ status, body }: Masked): object {
  return { status, code: find(body, 'error_code') }
}

function textOf(request: Request): string {
  return JSON.stringify(request).slice(0, 1000)
}
