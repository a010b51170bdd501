/** Requests at random, right and wrong, over few names, so that they meet. */

import * as fc from 'fast-check'

import type { Request } from './both-servers.ts'

/** Experiments and runs that the first requests make; the last of each is nobody's. */
const experiments = ['$e1', '$e2', '987654321']
const runs = ['$r1', '$r2', '$r3', '$r4', '0'.repeat(32)]

/** Runs of the experiment that is not deleted. */
const lasting = fc.constantFrom(...runs.filter((each) => each !== '$r4'))
const experiment = fc.constantFrom(...experiments)
const run = fc.constantFrom(...runs)
const key = fc.constantFrom('a', 'b', 'a.b', 'a/b', 'a//b', '', 'x'.repeat(251), 'mlflow.runName')
const plainKey = fc.constantFrom('a', 'b', 'a.b', 'none', '')
const text = fc.oneof(
  fc.constantFrom('', '1', '0.5', "it's", 'x'.repeat(9000)),
  fc.string({ unit: fc.constantFrom('a', 'B', 'é', '😀', '%', '_', ' ') }),
)
const pair = fc.record({ key, value: text })
const metricKey = fc.constantFrom('m', 'n', 'a/b', '', 'a b')
const metricValue = fc.oneof(
  fc.double({ min: -1e6, max: 1e6, noNaN: true }),
  fc.constantFrom(0, 1, -1, 0.1, 1e-300, 1e300, 'NaN', '3'),
)
const step = fc.integer({ min: -2, max: 5 })
const time = fc.integer({ min: -1, max: 40 })
const metric = fc.record(
  { key: metricKey, value: metricValue, timestamp: time, step },
  { requiredKeys: ['key', 'timestamp', 'value'] },
)
const digits = fc.record({
  name: fc.constantFrom('d', 'D'),
  digest: fc.constantFrom('1', '2'),
  source_type: fc.constant('local'),
  source: fc.constant('d.csv'),
})

const words = (...choices: readonly (readonly string[])[]): fc.Arbitrary<string> =>
  fc.tuple(...choices.map((each) => fc.constantFrom(...each))).map((all) => all.join(' '))

const order = ['<', '<=', '=', '!=', '>', '>=']
const patterns = ["'%a%'", "'A_'", "'1'", "'%'", "'é%'"]
const condition = fc.oneof(
  words(['params.a', 'tags.`a.b`', 'tag.b', 'params."a/b"'], ['=', '!='], ["'1'", "''", '"0.5"']),
  words(['params.b', 'tags.a', 'attributes.run_name'], ['LIKE', 'ILIKE'], patterns),
  words(['metrics.m', 'metrics.`a b`', 'metric.n'], order, ['0', '0.1', '-1', '1e2']),
  words(['start_time', 'attributes.end_time'], order, ['0', '30', '200']),
  fc.constantFrom(
    "datasets.name = 'd'",
    "dataset.digest = '2'",
    "status = 'RUNNING'",
    "attributes.run_id IN ('$r1', '$r3')",
  ),
)
const orderBy = words(
  ['metrics.m', 'params.a', 'tags.a', 'start_time', 'attributes.status', 'metrics.`a b`'],
  ['ASC', 'DESC'],
)

function post(path: string, body: fc.Arbitrary<object>): fc.Arbitrary<Request> {
  return body.map((each) => ['POST', path, { ...each }])
}

function get(path: string, query: fc.Arbitrary<object>): fc.Arbitrary<Request> {
  return query.map((each) => ['GET', path, { ...each }])
}

const oneMetric = fc.tuple(run, metric).map(([id, each]) => ({ run_id: id, ...each }))
const batch = fc.record({
  run_id: run,
  metrics: fc.array(metric, { maxLength: 4 }),
  params: fc.array(pair, { maxLength: 2 }),
  tags: fc.array(pair, { maxLength: 2 }),
})
const datasets = fc.array(fc.record({ dataset: digits }), { maxLength: 2 })
const ending = fc.record({
  run_id: run,
  status: fc.constantFrom('RUNNING', 'FINISHED', 'FAILED', 'KILLED', 'SCHEDULED'),
  end_time: fc.integer({ min: 1, max: 60 }),
})
const lost = fc.record({ experiment_id: fc.constantFrom('$e2', '987654321') })
const experimentTag = fc.record({ experiment_id: experiment, key, value: text })
const search = fc.record({
  experiment_ids: fc.constant(['$e1', '$e2']),
  filter: fc.array(condition, { maxLength: 2 }).map((all) => all.join(' AND ')),
  order_by: fc.array(orderBy, { maxLength: 1 }),
  run_view_type: fc.constantFrom('ACTIVE_ONLY', 'DELETED_ONLY', 'ALL'),
})

const request: fc.Arbitrary<Request> = fc.oneof(
  { weight: 4, arbitrary: post('runs/log-metric', oneMetric) },
  {
    weight: 3,
    arbitrary: post('runs/log-parameter', fc.record({ run_id: run, key, value: text })),
  },
  { weight: 3, arbitrary: post('runs/set-tag', fc.record({ run_id: run, key, value: text })) },
  { weight: 3, arbitrary: post('runs/log-batch', batch) },
  { weight: 2, arbitrary: post('runs/restore', fc.record({ run_id: lasting })) },
  { weight: 8, arbitrary: post('runs/search', search) },
  { weight: 2, arbitrary: get('runs/get', fc.record({ run_id: run })) },
  {
    weight: 2,
    arbitrary: get('metrics/get-history', fc.record({ run_id: run, metric_key: metricKey })),
  },
  post('runs/delete-tag', fc.record({ run_id: run, key: plainKey })),
  post('runs/log-inputs', fc.record({ run_id: run, datasets })),
  post('runs/update', ending),
  post('runs/update', fc.record({ run_id: run, run_name: fc.constantFrom('', 'one', 'two') })),
  post('runs/delete', fc.record({ run_id: lasting })),
  post('experiments/set-experiment-tag', experimentTag),
  post('experiments/delete', lost),
  post('experiments/restore', lost),
  get('experiments/get', fc.record({ experiment_id: experiment })),
)

/** The runs have times of their own: where nothing else decides, the newer one comes first. */
const beginning: readonly Request[] = [
  ['POST', 'experiments/create', { name: 'generated one' }],
  ['POST', 'experiments/create', { name: 'generated two' }],
  ...[10, 20, 30, 40].map((start_time): Request => {
    const experiment_id = start_time < 40 ? '$e1' : '$e2'
    return ['POST', 'runs/create', { experiment_id, start_time, run_name: `at ${start_time}` }]
  }),
]

/** The same for the same seed. */
export function generated(seed: number, count: number): Request[] {
  return [...beginning, ...fc.sample(request, { seed, numRuns: count })]
}
