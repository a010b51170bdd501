/** SQLite takes the index that is fast when there are many runs, however few there are now. */

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { Database } from '../../../src/catalog/database.ts'
import { migrate } from '../../../src/catalog/schema.ts'

function planOf(sql: string): string {
  const db = new Database(':memory:', { path: 'plans', busyTimeoutMs: 0 })
  migrate(db)
  const rows = db.query<{ detail: string }>(`EXPLAIN QUERY PLAN ${sql}`).all()
  db.close()
  return rows.map(({ detail }) => detail).join('\n')
}

test('a metric of a given run is looked up by the run, not among all values', () => {
  const plan = planOf(`SELECT id FROM run WHERE removed = 0 AND EXISTS (
    SELECT 1 FROM metric WHERE metric.run = run.key AND metric.key = 1 AND last > 0.9)
    ORDER BY started_at DESC, id DESC LIMIT 100`)
  assert.match(plan, /SEARCH metric .*USING PRIMARY KEY/)
  assert.doesNotMatch(plan, /TEMP B-TREE/)
})

test('runs with a value are found by the value', () => {
  const plan = planOf(`SELECT id FROM run WHERE removed = 0
    AND key IN (SELECT run FROM metric WHERE metric.key = 1 AND last > 0.9)
    AND key IN (SELECT run FROM run_param WHERE run_param.key = 2 AND value = 'adam')`)
  assert.match(plan, /COVERING INDEX metric_last/)
  assert.match(plan, /COVERING INDEX run_param_value/)
})
