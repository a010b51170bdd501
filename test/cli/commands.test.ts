/** Every command line becomes one call of the library with the same words. */

import assert from 'node:assert/strict'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'

import { allCommands } from './all-commands.ts'
import {
  experimentListing,
  metricHistory,
  runComparison,
  runDetails,
  runId,
  runSummary,
} from './run-samples.ts'
import { fakePackages } from './fake-packages.ts'
import { type Answers, type Call, cli, stream } from './fake-shell.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { added, attachment, cleanStatus, file, pushed, shown, version, winner } from './samples.ts'

const alias = { artifact: 'model/resnet', alias: 'prod', from: null, to: version.digest }
const tags = { target: 'model/resnet', tags: { stage: 'prod' } }
const numbered = {
  series: 'TES',
  number: 1,
  subject: `version:${version.digest}`,
  name: 'model/resnet@v12',
  provisional: true,
}
const removed = { artifact: 'model/resnet', label: 'v1', digest: version.digest, sizeBytes: 5 }
const remote = {
  name: 'nas',
  url: '/mnt/nas',
  default: false,
  local: true,
  repoId: null,
  seq: null,
}
const fetched = { remote: 'origin', seq: 7, versions: 1, runs: 0, events: 2, requests: 2 }

/** A run that is logged into and records nothing: `run-log.test.ts` has one that does. */
const startedRun = {
  id: runId,
  name: 'brave-otter',
  experiment: 'digits',
  end: async () => runSummary,
  flush: async () => undefined,
  logMetrics: () => undefined,
  output: async () => added,
  use: async () => version,
  [Symbol.asyncDispose]: async () => undefined,
}

const imported = {
  versions: 1,
  runs: 2,
  experiments: 1,
  points: 30,
  bytes: 400,
  events: 9,
  dryRun: false,
  notes: [],
}

const card = {
  artifact: 'model/resnet',
  label: 'v12',
  digest: version.digest,
  path: 'model/model_card',
  card: { model_type: 'base' },
  problems: [],
  extraFields: [],
  missing: [],
}

const bucketRun = { experiment: 'vision', params: {}, tags: {} }
const resnet = `model/vision/resnet@${version.digest}`

const answers: Answers = {
  add: [added],
  get: { ...version, path: 'model', fetchedBytes: 0, requests: 0 },
  cat: () => stream(Buffer.from('bytes')),
  listArtifacts: [],
  listFiles: () => stream(file),
  log: [version],
  show: shown,
  diff: { added: [], removed: [], changed: [], renamed: [], sizeBytes: 0 },
  status: cleanStatus,
  checkout: {
    paths: [],
    files: 0,
    sizeBytes: 0,
    writtenFiles: 0,
    removedFiles: 0,
    fetchedBytes: 0,
  },
  setAlias: alias,
  removeAlias: alias,
  listAliases: [],
  aliasLog: [],
  resetAlias: alias,
  relabel: version,
  setTags: tags,
  removeTags: tags,
  listTags: tags,
  packageRepository: fakePackages,
  claimNumber: { ...numbered, taken: false, history: [] },
  numberOf: [{ ...numbered, taken: true, history: [] }],
  byNumber: numbered,
  remove: [removed],
  restore: [removed],
  searchVersions: { versions: [version], nextPageToken: null },
  searchArtifacts: { artifacts: [], nextPageToken: null },
  previousVersions: [version],
  versionsOfRun: [{ ...version, role: 'output' }],
  deployed: { artifact: 'm/x', name: 'deployed', version: null, via: null, history: [] },
  latestRelated: { version, of: version.digest },
  winner,
  chooseWinner: winner,
  lineage: {
    root: `version:${version.digest}`,
    direction: 'both',
    nodes: [],
    edges: [],
    cut: [],
    leftOut: [],
  },
  addLineage: {
    from: version.digest,
    fromName: 'dataset/x@v1',
    to: version.digest,
    toName: 'model/resnet@v12',
    role: 'data',
    unchanged: false,
  },
  attach: { ...attachment, about: `version:${version.digest}`, unchanged: false },
  attachments: [attachment],
  showCard: card,
  setCard: {
    ...added,
    path: 'model/model_card',
    card: card.card,
    missing: [],
    previous: version.digest,
    aliasesLeft: [],
  },
  cardFacts: { version: shown, card, previous: [], runs: [], code: null, inputs: [], files: [] },
  addRemote: remote,
  remoteForBucket: 'models',
  resolveOn: version,
  claimAlias: alias,
  addExternal: added,
  listRemotes: [remote],
  setRemoteUrl: remote,
  copyRemote: { from: 'a', to: 'b', objects: 1, bytes: 2, requests: 3 },
  listRemote: () => stream({ key: 'format.json', sizeBytes: 100 }),
  doctorRemote: {
    ...remote,
    capabilities: { conditionalCreate: true, list: true, range: true },
    problems: [],
    warnings: [],
  },
  push: pushed,
  fetch: fetched,
  pull: { ...fetched, bytesReceived: 0, files: 0 },
  drop: { objects: 1, bytes: 2, kept: [], reasons: {} },
  fsck: { objects: 1, bytes: 2, problems: [], notes: [] },
  reindex: { versions: 1, runs: 0, events: 2 },
  importMlflow: imported,
  importJsonl: imported,
  importDvc: imported,
  startRun: startedRun,
  resumeRun: startedRun,
  exec: { run: runId, name: 'n', experiment: 'e', exitCode: 0, failure: null },
  searchRuns: { runs: [runSummary], nextPageToken: null },
  showRun: runDetails,
  compareRuns: runComparison,
  metricHistory,
  listRunFiles: [{ path: 'output.txt', sizeBytes: 5, digest: version.digest }],
  readRunFile: () => stream(Buffer.from('bytes')),
  removeRuns: [runSummary],
  restoreRuns: [runSummary],
  listExperiments: [experimentListing],
  createExperiment: experimentListing,
  renameExperiment: experimentListing,
  removeExperiment: experimentListing,
  restoreExperiment: experimentListing,
  getConfig: 'anna',
  listConfig: { 'user.name': 'anna' },
  doctor: { checks: [] },
}

/** Of no store: the user's logins. */
const accountCommands = /^(login|logout|whoami)\b/

/** The calls between opening the store and closing it. */
async function callsOf(line: string | readonly string[]): Promise<readonly Call[]> {
  const { calls, exitCode, stderr } = await cli(line, { answers, stdin: 'secret\n' })
  assert.equal(exitCode, 0, stderr)
  if (typeof line === 'string' && accountCommands.test(line)) return calls
  assert.equal(calls[0]?.[0], 'openStore')
  assert.equal(calls.at(-1)?.[0], 'close')
  return calls.slice(1, -1)
}

const addDefaults = {
  aliases: [],
  tags: {},
  inputs: [],
  exclude: [],
  noHidden: false,
  noExclude: false,
  hardlink: false,
  noLock: false,
}
const getDefaults = { paths: [], hardlink: false, noLock: false, force: false }
const loginDefaults = { anonymous: false, keepDefault: false }
const removeDefaults = { all: false, force: false }

const lines: readonly (readonly [line: string, ...calls: Call[]])[] = [
  ['add', ['add', { paths: [], ...addDefaults }]],
  [
    'add a b --as model/x --label v1 --alias p --alias q --tag k=v --meta f1=0.5 --input d/e@v1 --exclude *.tmp --no-hidden --hardlink --no-lock',
    [
      'add',
      {
        paths: ['a', 'b'],
        as: 'model/x',
        label: 'v1',
        aliases: ['p', 'q'],
        tags: { k: 'v' },
        meta: { f1: 0.5 },
        inputs: ['d/e@v1'],
        exclude: ['*.tmp'],
        noHidden: true,
        noExclude: false,
        hardlink: true,
        noLock: true,
      },
    ],
  ],
  ['get model/x', ['get', { reference: 'model/x', ...getDefaults }]],
  [
    'get model/x@v1 -o out --path a --path b/*.csv --hardlink --no-lock --force',
    [
      'get',
      {
        reference: 'model/x@v1',
        output: 'out',
        paths: ['a', 'b/*.csv'],
        hardlink: true,
        noLock: true,
        force: true,
      },
    ],
  ],
  ['cat model/x:a/b', ['cat', 'model/x:a/b', {}]],
  ['ls', ['listArtifacts', {}]],
  ['ls --type model', ['listArtifacts', { type: 'model' }]],
  ['ls model/x:a -r', ['listFiles', { reference: 'model/x:a', recursive: true }]],
  ['log model/x', ['log', 'model/x', {}]],
  ['log model/x -n 5', ['log', 'model/x', { limit: 5 }]],
  ['log model/x@v2 --before', ['previousVersions', 'model/x@v2', { count: 'all' }]],
  [
    'log model/x --before --query size>5 -n 1',
    ['previousVersions', 'model/x', { query: 'size>5', count: 1 }],
  ],
  ['log run:3f9a', ['versionsOfRun', 'run:3f9a']],
  ['show model/x@v1', ['show', 'model/x@v1']],
  ['diff model/x@v1 ./x', ['diff', 'model/x@v1', './x']],
  ['status', ['status', { fetch: false }]],
  ['status --fetch --check', ['status', { fetch: true }]],
  ['checkout', ['checkout', { paths: [], force: false }]],
  ['checkout a b --force', ['checkout', { paths: ['a', 'b'], force: true }]],
  ['alias set m/x@v1 prod --reason why', ['setAlias', 'm/x@v1', 'prod', { reason: 'why' }]],
  ['alias rm m/x prod', ['removeAlias', 'm/x', 'prod', {}]],
  ['alias list', ['listAliases', undefined]],
  ['alias list m/x', ['listAliases', 'm/x']],
  ['alias log m/x prod', ['aliasLog', 'm/x', 'prod']],
  ['alias reset m/x prod', ['resetAlias', 'm/x', 'prod']],
  ['relabel m/x@3f9a1c04 v12b', ['relabel', 'm/x@3f9a1c04', 'v12b']],
  ['tag set m/x@v1 a=1 b=2=3', ['setTags', 'm/x@v1', { a: '1', b: '2=3' }]],
  ['tag rm run:7 a b', ['removeTags', 'run:7', ['a', 'b']]],
  ['tag list m/x', ['listTags', 'm/x']],
  ['number claim TES m/x@v1', ['claimNumber', 'TES', 'm/x@v1']],
  ['number show run:00ff', ['numberOf', 'run:00ff']],
  ['number find model/x-3', ['byNumber', 'model/x', 3]],
  [
    'rm m/x@v1 --reason bad',
    ['remove', { reference: 'm/x@v1', ...removeDefaults, reason: 'bad', dryRun: true }],
    ['remove', { reference: 'm/x@v1', ...removeDefaults, reason: 'bad' }],
  ],
  [
    'rm m/x --all --force --dry-run',
    ['remove', { reference: 'm/x', all: true, force: true, dryRun: true }],
  ],
  ['restore m/x@v1', ['restore', 'm/x@v1']],
  [
    'lineage model/resnet@prod --up --depth 2',
    ['lineage', { reference: 'model/resnet@prod', direction: 'up', depth: 2 }],
  ],
  ['lineage run:00ff --down', ['lineage', { reference: 'run:00ff', direction: 'down' }]],
  ['lineage --up --down m/x --format dot', ['lineage', { reference: 'm/x', direction: 'both' }]],
  ['lineage m/x --format mermaid', ['lineage', { reference: 'm/x', direction: 'both' }]],
  [
    'lineage add dataset/x@v1 model/y@v2 --role data',
    ['addLineage', 'dataset/x@v1', 'model/y@v2', { role: 'data' }],
  ],
  [
    'attach m/x@v1 a.json b --type data-profile --name n --label l --tag a=1 --meta b=2',
    [
      'attach',
      'm/x@v1',
      'data-profile',
      { paths: ['a.json', 'b'] },
      { name: 'n', label: 'l', tags: { a: '1' }, meta: { b: 2 } },
    ],
  ],
  ['card show m/x@v1', ['showCard', 'm/x@v1']],
  [
    'card set m/x model_type=base model_test_files.inputs=a=b --label l --alias a --extra',
    [
      'setCard',
      {
        reference: 'm/x',
        changes: { model_type: 'base', 'model_test_files.inputs': 'a=b' },
        extra: true,
        label: 'l',
        aliases: ['a'],
      },
    ],
  ],
  ['card render m/x@prod', ['cardFacts', 'm/x@prod']],
  ['attachments run:00ff --type t', ['attachments', 'run:00ff', { type: 't' }]],
  ['search', ['searchVersions', {}]],
  [
    'search name=x --type model -n 5 --page-token t',
    ['searchVersions', { query: 'name=x', type: 'model', limit: 5, pageToken: 't' }],
  ],
  ['search x --kind artifacts --type model', ['searchArtifacts', { query: 'x', type: 'model' }]],
  [
    'search x --kind runs --experiment e --removed -n 5',
    ['searchRuns', { query: 'x', experiments: ['e'], view: 'removed', limit: 5 }],
  ],
  ['related m/x@v1 job', ['latestRelated', 'm/x@v1', 'job', {}]],
  ['related m/x job --down', ['latestRelated', 'm/x', 'job', { direction: 'down' }]],
  ['deployed m/x', ['deployed', 'm/x', {}]],
  ['deployed m/x --name prod', ['deployed', 'm/x', { name: 'prod' }]],
  ['winner m/x', ['winner', 'm/x']],
  [
    'winner set m/x --metric loss --goal min --query q --experiment e --reason r',
    [
      'chooseWinner',
      'm/x',
      { metric: 'loss', goal: 'min', query: 'q', experiments: ['e'], reason: 'r' },
    ],
  ],
  [
    'winner set m/x --run 3f9a',
    ['chooseWinner', 'm/x', { goal: 'max', run: '3f9a', experiments: [] }],
  ],
  [
    'remote add origin s3://b/p --region eu-1 --endpoint-url http://s3:80 --profile p --anonymous --path-style --ca-bundle f --sse aws:kms --sse-kms-key-id k --single-writer --local',
    [
      'addRemote',
      {
        name: 'origin',
        settings: {
          url: 's3://b/p',
          endpointUrl: 'http://s3:80',
          region: 'eu-1',
          profile: 'p',
          anonymous: true,
          pathStyle: true,
          caBundle: 'f',
          sse: 'aws:kms',
          sseKmsKeyId: 'k',
        },
        singleWriter: true,
        local: true,
      },
    ],
  ],
  ['remote list', ['listRemotes']],
  ['remote rm nas', ['removeRemote', 'nas']],
  ['remote set-url nas /mnt/new', ['setRemoteUrl', 'nas', '/mnt/new']],
  ['remote copy a b', ['copyRemote', 'a', 'b', {}]],
  ['remote ls origin log', ['listRemote', 'origin', 'log', {}]],
  [
    'remote ls models model/resnet/v1 --project-name vision',
    ['listRemote', 'models', 'model/resnet/v1', { project: 'vision' }],
  ],
  [
    'upload out -n resnet -t model -a v1 --project-name vision --bucket models --overwrite',
    ['startRun', bucketRun],
    ['remoteForBucket', { bucket: 'models' }],
    ['fetch', { remote: 'models' }],
    ['setAlias', resnet, 'v1'],
    [
      'push',
      {
        remote: 'models',
        references: [resnet],
        forceAliases: ['model/vision/resnet@v1'],
      },
    ],
    ['remoteForBucket', { bucket: 'models' }],
    ['push', { remote: 'models', references: [`run:${runId}`] }],
  ],
  [
    'download model resnet v1 --project-name vision -d there --run_name r --job-type t --entity e',
    ['startRun', { ...bucketRun, name: 'r', tags: { job_type: 't', entity: 'e' } }],
    ['remoteForBucket', { bucket: 'vision' }],
    ['fetch', { remote: 'models' }],
    ['resolveOn', 'models', 'model/vision/resnet@v1'],
    ['get', { reference: resnet, output: '/work/there/', noLock: true }],
  ],
  [
    '--project-name vision link s3://raw/x -n resnet -t model -a v1 -m k=v --run-args lr=1.0',
    ['startRun', { ...bucketRun, params: { lr: '1.0' } }],
    ['remoteForBucket', { bucket: 'vision' }],
    ['fetch', { remote: 'models' }],
    ['addExternal', { uri: 's3://raw/x', as: 'model/vision/resnet', run: runId, meta: { k: 'v' } }],
    ['claimAlias', resnet, 'v1'],
    ['push', { remote: 'models', references: [resnet], forceAliases: [] }],
    ['remoteForBucket', { bucket: 'vision' }],
    ['push', { remote: 'models', references: [`run:${runId}`] }],
  ],
  ['remote doctor', ['doctorRemote', undefined]],
  [
    'login --url https://h -u anna --password-stdin --name n --keep-default',
    [
      'login',
      {
        ...loginDefaults,
        url: 'https://h',
        name: 'n',
        username: 'anna',
        password: 'secret',
        keepDefault: true,
      },
      {},
    ],
  ],
  [
    'login --url https://h --token-stdin --kind store',
    ['login', { ...loginDefaults, url: 'https://h', kind: 'store', token: 'secret' }, {}],
  ],
  [
    'login --url http://s3 --access-key K --secret-key-stdin --session-token T --bucket b',
    [
      'login',
      {
        ...loginDefaults,
        url: 'http://s3',
        accessKeyId: 'K',
        secretAccessKey: 'secret',
        sessionToken: 'T',
        bucket: 'b',
      },
      {},
    ],
  ],
  ['login --profile p', ['login', { ...loginDefaults, profile: 'p' }, {}]],
  ['login --url h --anonymous', ['login', { ...loginDefaults, url: 'h', anonymous: true }, {}]],
  ['logout', ['logout', { all: false }, {}]],
  ['logout n', ['logout', { name: 'n', all: false }, {}]],
  ['logout --url u --all', ['logout', { url: 'u', all: true }, {}]],
  ['whoami', ['whoami']],
  ['push', ['push', { references: [], forceAliases: [], dryRun: false }]],
  [
    'push origin m/x@v1 d/y --force-alias m/x@prod --dry-run',
    [
      'push',
      { remote: 'origin', references: ['m/x@v1', 'd/y'], forceAliases: ['m/x@prod'], dryRun: true },
    ],
  ],
  ['push m/x@v1', ['push', { references: ['m/x@v1'], forceAliases: [], dryRun: false }]],
  ['fetch', ['fetch', {}]],
  ['fetch nas', ['fetch', { remote: 'nas' }]],
  ['pull', ['pull', { references: [], all: false, force: false }]],
  ['pull nas m/x --all', ['pull', { remote: 'nas', references: ['m/x'], all: true, force: false }]],
  ['drop m/x --keep-last 2', ['drop', { references: ['m/x'], keepLast: 2, dryRun: false }]],
  ['drop --dry-run', ['drop', { references: [], dryRun: true }]],
  ['fsck', ['fsck', { repair: false }]],
  [
    'fsck --remote nas --sample 2.5% --repair',
    ['fsck', { remote: 'nas', samplePercent: 2.5, repair: true }],
  ],
  ['reindex', ['reindex']],
  [
    'import mlflow mlruns --artifacts kept --dry-run',
    ['importMlflow', { path: 'mlruns', artifacts: 'kept', dryRun: true }],
  ],
  ['import jsonl -', ['importJsonl', { input: {}, name: 'stdin', dryRun: false }]],
  [
    'import dvc repo --all-commits --type dataset',
    ['importDvc', { path: 'repo', allCommits: true, type: 'dataset', dryRun: false }],
  ],
  [
    'run start --experiment e --name n --param lr=0.1 --tag k=v --parent p',
    [
      'startRun',
      {
        experiment: 'e',
        name: 'n',
        params: { lr: '0.1' },
        tags: { k: 'v' },
        parent: 'p',
        source: { kind: 'command', name: 'mlstore run start' },
        detached: true,
      },
    ],
  ],
  ['run log 3f9a --metric loss=0.5', ['resumeRun', '3f9a', { keepGoing: true }]],
  ['run end run:3f9a --status KILLED', ['resumeRun', 'run:3f9a']],
  [
    'run exec --experiment e --name n --param lr=0.1 --tag k=v -- python train.py --lr 0.1 --json',
    [
      'exec',
      {
        command: ['python', 'train.py', '--lr', '0.1', '--json'],
        run: { experiment: 'e', name: 'n', params: { lr: '0.1' }, tags: { k: 'v' } },
      },
    ],
  ],
  [
    'run exec --mlflow -- python train.py',
    ['startServer', { version: '1.2.3', port: 0 }],
    ['exec', { command: ['python', 'train.py'], run: { params: {}, tags: {} } }],
    ['closeServer'],
  ],
  ['run list', ['searchRuns', { experiments: [], view: 'active' }]],
  [
    'run list params.lr=1 --experiment a --experiment b -n 5 --page-token t --removed',
    [
      'searchRuns',
      {
        experiments: ['a', 'b'],
        query: 'params.lr=1',
        limit: 5,
        pageToken: 't',
        view: 'removed',
      },
    ],
  ],
  ['run show 3f9a', ['showRun', '3f9a']],
  ['run compare a b', ['compareRuns', ['a', 'b']]],
  [
    'run compare a b --plot loss',
    ['compareRuns', ['a', 'b']],
    ['metricHistory', { run: runId, key: 'loss', points: 128 }],
  ],
  ['run history 3f9a loss --points 9', ['metricHistory', { run: '3f9a', key: 'loss', points: 9 }]],
  ['run files 3f9a', ['listRunFiles', '3f9a']],
  ['run files 3f9a output.txt', ['readRunFile', '3f9a', 'output.txt']],
  ['run rm a b --reason bad', ['removeRuns', ['a', 'b'], { reason: 'bad' }]],
  ['run restore a', ['restoreRuns', ['a']]],
  ['experiment list --all', ['listExperiments', { view: 'all' }]],
  ['experiment create e', ['createExperiment', 'e']],
  ['experiment rename e f', ['renameExperiment', 'e', 'f']],
  ['experiment rm e --reason old', ['removeExperiment', 'e', { reason: 'old' }]],
  ['experiment restore e', ['restoreExperiment', 'e']],
  ['model list -r main', ['packageRepository', 'main']],
  ['model list -r a/b -n resnet', ['packageRepository', 'a/b']],
  ['model info -r main -n resnet --version 1.0', ['packageRepository', 'main']],
  ['dataset list -r main --namespace vision', ['packageRepository', 'main']],
  ['dataset info -r main -n coco --version 1 --manifest', ['packageRepository', 'main']],
  [
    'serve --port 0 --host ::1 --token t --read-only',
    [
      'startServer',
      {
        host: '::1',
        port: 0,
        token: 't',
        insecure: false,
        readOnly: true,
        version: '1.2.3',
      },
    ],
    ['closeServer'],
  ],
  ['config get user.name', ['getConfig', 'user.name']],
  ['config set user.name anna', ['setConfig', 'user.name', 'anna']],
  ['config list', ['listConfig']],
  ['doctor', ['doctor']],
]

for (const [line, ...expected] of lines) {
  test(`mlstore ${line.slice(0, 60)}`, async () => {
    const calls = await callsOf(line)
    const recorded = calls.map((call) => call.map((argument) => shallowPlain(argument)))
    assert.deepEqual(recorded, expected)
  })
}

/** Nested objects without fields that are undefined. */
function shallowPlain(value: unknown): unknown {
  return value === undefined ? undefined : JSON.parse(JSON.stringify(value))
}

test('every command and subcommand is called by some line above', async () => {
  const tried = lines.map(([line]) => `${line} `)
  for (const name of (await allCommands()).keys()) {
    if (/^(init|clone|git|completion)\b/.test(name)) continue
    // Those need files: packages.test.ts has them.
    if (/^(model|dataset) (up|down)load$/.test(name)) continue
    assert.ok(
      tried.some((line) => line.replace(/^--project-name \w+ /, '').startsWith(`${name} `)),
      name,
    )
  }
})

test('every option of every command has a description and every command an example', async () => {
  for (const [name, command] of await allCommands()) {
    assert.ok(command.hidden === true || command.examples.length > 0, name)
    const specs = [command.options, command.positionals].flatMap((s) => Object.values(s ?? {}))
    for (const spec of specs) assert.notEqual(spec.describe, '')
  }
})

test('examples are lines that can be typed', async (t) => {
  const folder = temporaryFolder(t)
  for (const name of ['resnet', 'coco']) writeFileSync(join(folder, name), 'bytes')
  writeFileSync(join(folder, 'card.json'), '{}')
  for (const [name, command] of await allCommands()) {
    for (const [example] of command.examples) {
      const line = example.replace(/ (?:\||>>) .*$/, '')
      const words = [...line.matchAll(/"[^"]*"|'[^']*'|\S+/g)].map(([word]) =>
        word.replace(/^["'](.*)["']$/, '$1'),
      )
      assert.ok(`${words.join(' ')} `.startsWith(`${name} `), line)
      const { exitCode, stderr } = await cli(words, {
        answers,
        ...(words[0] === 'login' && { stdin: 'secret\n' }),
        // Those that read and write files without the store.
        ...(/^(?:model|dataset|card)$/.test(words[0] ?? '') && { cwd: folder }),
        env: { MLSTORE_RUN_ID: runId },
        runProgram: async () => ({ exitCode: 128, stdout: '' }),
      })
      assert.ok(exitCode === 0 || words[0] === 'git', `${line}: ${stderr}`)
    }
  }
})

test('init resolves the folder against the working directory', async () => {
  const { calls, stdout } = await cli('init project')
  assert.deepEqual(calls, [['initStore', '/work/project']])
  assert.equal(stdout, 'Made /work/project/.mlstore\n')
})

test('clone passes the folder and how the remote is reached', async () => {
  const { calls, stdout } = await cli('clone s3://b/p project --region eu-1 --all')
  const settings = { url: 's3://b/p', region: 'eu-1' }
  const expected = { settings, directory: 'project', singleWriter: false, all: true }
  assert.deepEqual(JSON.parse(JSON.stringify(calls)), [['cloneStore', expected]])
  assert.match(stdout, /^Made \/work\/\.mlstore\nFetched 2 versions, 5 events from origin/)
  const again = await cli('clone s3://b/p there')
  assert.match(again.stdout, /^\/work\/\.mlstore is there already\.\n/)
})

test('add takes metadata from a file, with --meta on top', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'mlstore-cli-'))
  writeFileSync(join(folder, 'm.json'), '{"f1":0.5,"deep":{"a":[1]}}')
  const world = { answers, cwd: folder }
  const { calls } = await cli('add model --meta-file m.json --meta f1=0.9', world)
  const [, request] = calls[1] ?? []
  assert.deepEqual((request as { meta: unknown }).meta, { f1: 0.9, deep: { a: [1] } })

  assert.equal((await cli('add model --meta-file none.json', world)).exitCode, 3)
  writeFileSync(join(folder, 'list.json'), '[1]')
  assert.equal((await cli('add model --meta-file list.json', world)).exitCode, 2)
})

const refused: readonly string[] = [
  'upload out -n resnet -t model',
  'upload out -n resnet --project-name vision',
  'upload out -t model --project-name vision',
  'upload out -n resnet -t model --project-name vision -m nothing',
  'upload out -n resnet -t model --project-name vision -s a=b',
  'link s3://b/p -n resnet -t model',
  'download model resnet v1',
  'download model resnet v1 --project-name vision --run-args nothing',
  'push m/x origin',
  'push origin nas',
  'fsck --sample 0',
  'fsck --sample 101%',
  'fsck --sample much',
  'ls m/x --type model',
  'tag set m/x nothing',
  'add --tag =v',
  'add --meta id=12345678901234567890',
  'completion tcsh',
  'run log 3f9a',
  'run log --metric loss=1',
  'run log 3f9a --metric loss=high',
  'run log 3f9a --step 3',
  'run log 3f9a --output model.bin',
  'run start --param lr',
  'run end 3f9a --status DONE',
  'run list --all --removed',
  'run compare',
]

for (const line of refused) {
  test(`mlstore ${line} is refused before a store is opened or changed`, async () => {
    const { calls, exitCode, stdout } = await cli(line, { answers })
    assert.equal(exitCode, 2)
    assert.equal(stdout, '')
    assert.deepEqual(
      calls.filter(([method]) => method !== 'openStore' && method !== 'close'),
      [],
    )
  })
}
