/** What a person sees: text of every kind of result, as snapshots. */

import assert from 'node:assert/strict'
import { test } from 'node:test'

import type { ListedFile, StatusResult } from '../../src/store/results.ts'
import { type Answers, cli, digest, RecordingSink, stream } from './fake-shell.ts'
import {
  added,
  attachment,
  cleanStatus,
  conflict,
  file,
  pushed,
  shown,
  unnamed,
  version,
} from './samples.ts'

/** Stdout as lines, so that a snapshot reads like the screen. */
async function screen(line: string, answers: Answers, exitCode = 0): Promise<string[]> {
  const outcome = await cli(line, { answers })
  assert.equal(outcome.exitCode, exitCode, outcome.stderr)
  return outcome.stdout.split('\n').slice(0, -1)
}

const nothingLeftOut = { exclude: [], noHidden: false }

const short = (name: string): string => digest(name).slice(0, 12)

test('add says what was stored, and on stderr what was left out', async () => {
  const { stdout, stderr } = await cli('add model --no-hidden', { answers: { add: [added] } })
  assert.equal(
    stdout,
    `model/resnet@v12  ${short('v12')}  3 files, 97.5 MiB, 1.0 KiB new; alias prod\n`,
  )
  assert.equal(stderr, 'Left out 2 hidden names.\n')
})

test('add says what stays out as before, unless that was said just now', async () => {
  const leftOut = { exclude: ['*.log', 'tmp/'], noHidden: true }
  const again = { ...added, hidden: 0, leftOut }
  const { stderr } = await cli('add model', { answers: { add: [again] } })
  assert.equal(
    stderr,
    'Left out of model, as before: *.log, tmp/, hidden names. --no-exclude takes them.\n',
  )
  const now = await cli('add model --exclude *.log', { answers: { add: [again] } })
  assert.equal(now.stderr, '')
})

test('add of several paths says that the lock cannot follow them', async () => {
  const together = { ...added, hidden: 0, locked: false, leftOut: nothingLeftOut }
  const several = await cli('add a b --as model/resnet', { answers: { add: [together] } })
  assert.match(several.stderr, /no line for several paths.*Put them into one folder/)
  const outside = await cli('add /elsewhere', { answers: { add: [together] } })
  assert.match(outside.stderr, /one path inside the repository/)
  const unasked = await cli('add a b --as m/x --no-lock', { answers: { add: [together] } })
  assert.equal(unasked.stderr, '')
})

test('add of the same content again says so', async () => {
  const again = {
    ...added,
    leftOut: nothingLeftOut,
    unchanged: true,
    newBytes: 0,
    aliases: [],
    hidden: 0,
    label: null,
  }
  assert.deepEqual(await screen('add', { add: [again, again] }), [
    `model/resnet@${short('v12')}  ${short('v12')}  3 files, 97.5 MiB, unchanged`,
    `model/resnet@${short('v12')}  ${short('v12')}  3 files, 97.5 MiB, unchanged`,
  ])
  assert.deepEqual(await screen('add', { add: [] }), ['Nothing changed.'])
})

test('get says where the version went and what it cost', async () => {
  const result = { ...version, path: 'serve/model', fetchedBytes: 2048, requests: 3 }
  assert.deepEqual(await screen('get model/resnet -o serve/model', { get: result }), [
    'model/resnet@v12 -> serve/model  3 files, 97.5 MiB, 2.0 KiB fetched in 3 requests',
  ])
})

test('cat writes the bytes as they are, piece by piece', async () => {
  const bytes = Buffer.from([0, 255, 10, 27])
  const stdout = new RecordingSink()
  const write = stdout.write.bind(stdout)
  const written: Uint8Array[] = []
  stdout.write = (data) => {
    written.push(Buffer.from(data))
    return write(data)
  }
  await cli('cat model/resnet:a', { stdout, answers: { cat: () => stream(bytes, bytes) } })
  assert.deepEqual(written, [bytes, bytes])
})

test('cat stops reading the store when nobody reads its output', async () => {
  let asked = 0
  async function* endless(): AsyncGenerator<Uint8Array> {
    for (;;) yield Buffer.alloc(++asked)
  }
  const stdout = new RecordingSink({ writesMax: 3 })
  const { exitCode, calls } = await cli('cat m/x:a', { stdout, answers: { cat: endless } })
  assert.equal(exitCode, 0)
  assert.equal(asked, 4)
  assert.deepEqual(calls.at(-1), ['close'])
})

test('checkout counts what it wrote and removed, or says that all was right', async () => {
  const paths = ['data/train', 'model.bin']
  const right = {
    paths,
    files: 5,
    sizeBytes: 100,
    writtenFiles: 0,
    removedFiles: 0,
    fetchedBytes: 0,
  }
  assert.deepEqual(await screen('checkout', { checkout: right }), [
    'The working tree is as mlstore.lock says.',
  ])
  const changed = { ...right, writtenFiles: 1, removedFiles: 2, fetchedBytes: 2048 }
  assert.deepEqual(await screen('checkout', { checkout: changed }), [
    'data/train, model.bin: 1 file written, 2 removed, 2.0 KiB fetched',
  ])
})

test('ls lists artifacts', async () => {
  const artifacts = [
    { artifact: 'dataset/nlp/squad', versions: 2, latest: 'v2', sizeBytes: 5_000_000 },
    { artifact: 'model/resnet', versions: 12, latest: null, sizeBytes: 100 },
  ]
  assert.deepEqual(await screen('ls', { listArtifacts: artifacts }), [
    'ARTIFACT           VERSIONS     SIZE  LATEST',
    'dataset/nlp/squad         2  4.8 MiB  v2',
    'model/resnet             12    100 B  -',
  ])
  assert.deepEqual(await screen('ls', { listArtifacts: [] }), [])
})

test('ls lists files, folders, links and programs, hostile names escaped', async () => {
  const files: ListedFile[] = [
    { path: 'train', kind: 'directory', sizeBytes: 4096, digest: digest('train') },
    { ...file, path: 'run.sh', executable: true },
    { path: 'latest', kind: 'link', sizeBytes: 0, digest: null, target: 'v2\u001b[2J' },
    { ...file, path: 'two\nlines' },
  ]
  assert.deepEqual(await screen('ls model/x', { listFiles: () => stream(...files) }), [
    `   4.0 KiB  ${short('train')}  train/`,
    `   2.0 KiB  ${short('a')}  run.sh*`,
    '       0 B  -             latest -> v2\\u{1b}[2J',
    `   2.0 KiB  ${short('a')}  two\\nlines`,
  ])
})

test('log is a table without the columns that nothing is in', async () => {
  assert.deepEqual(await screen('log model/resnet', { log: [version, unnamed] }), [
    'LABEL  DIGEST        CREATED               FILES      SIZE  ALIASES        TAGS',
    `v12    ${short('v12')}  2026-11-21T04:44:50Z      3  97.5 MiB  prod, staging  stage=prod`,
    `-      ${short('unnamed')}  2026-11-21T04:44:50Z      1      12 B`,
  ])
})

test('search shows the artifact of each version', async () => {
  const page = { versions: [unnamed], nextPageToken: null }
  assert.deepEqual(await screen('search', { searchVersions: page }), [
    'ARTIFACT      LABEL  DIGEST        CREATED               FILES  SIZE',
    `model/resnet  -      ${short('unnamed')}  2026-11-21T04:44:50Z      1  12 B`,
  ])
})

test('show tells everything about a version', async () => {
  assert.deepEqual(await screen('show model/resnet@v12', { show: shown }), [
    'model/resnet@v12',
    `  digest     ${digest('v12')}`,
    `  root       ${digest('root')}`,
    '  created    2026-11-21T04:44:50Z by anna',
    '  content    3 files, 97.5 MiB',
    '  tags       stage=prod',
    '  meta       f1 = 0.93',
    '  meta       note = "two\\nlines"',
    '  made by    run brave-otter (vision, FINISHED, removed) as checkpoint',
    '  code       commit 1a2b3c4d5e6f7a8b with changes, branch main, git@host:repo.git',
    '  input      dataset/coco@v3 (data)',
    `  input      ${short('base')} (only its id is known here) (base, added later)`,
    '  alias      prod since 2026-11-21T05:00:00Z by ben: passed the bench',
    '  alias      staging since 2026-11-21T04:50:00Z by anna',
    '  used by    report/resnet@v1',
    '  used by    run fedcba987654 (only its id is known here) as candidate',
    '  attached   model-checks/model/resnet@2026-11-21-05-00-00',
    '  locations  local, origin',
  ])
})

test('push says what it has to note', async () => {
  const push = { ...pushed, notes: ['The lineage a/b@1 -> c/d@2 counts nowhere.'] }
  assert.equal((await screen('push', { push })).at(-1), push.notes[0])
})

test('attachments lists checks and profiles, newest first', async () => {
  assert.deepEqual(await screen('attachments model/resnet', { attachments: [attachment] }), [
    'TYPE          NAME                                           CREATED                SIZE  TAGS',
    'model-checks  model-checks/model/resnet@2026-11-21-05-00-00  2026-11-21T05:00:00Z  512 B  passed=yes',
  ])
  assert.deepEqual(await screen('attachments model/resnet', { attachments: [] }), [])
  const attach = { ...attachment, about: `version:${digest('v12')}`, unchanged: true }
  assert.deepEqual(await screen('attach model/resnet c.json --type model-checks', { attach }), [
    `model-checks/model/resnet@2026-11-21-05-00-00  ${short('checks')}  1 file, 512 B, unchanged`,
  ])
})

test('diff marks what was added, removed, changed and renamed', async () => {
  const diff = {
    added: [file],
    removed: [{ ...file, path: 'old' }],
    changed: [{ path: 'c', before: file, after: { ...file, sizeBytes: 10 } }],
    renamed: [{ from: 'x', to: 'y', sizeBytes: 1 }],
    sizeBytes: 2058,
  }
  assert.deepEqual(await screen('diff a/b@1 a/b@2', { diff }), [
    '+ train/a.csv  2.0 KiB',
    '- old  2.0 KiB',
    '~ c  2.0 KiB -> 10 B',
    '> x -> y',
    '1 added, 1 removed, 1 changed, 1 renamed; 2.0 KiB added or changed',
  ])
})

const dirtyStatus: StatusResult = {
  paths: [
    ...cleanStatus.paths,
    {
      path: 'data/val',
      artifact: 'dataset/squad-val',
      label: null,
      state: 'changed',
      added: Array.from({ length: 12 }, (_, index) => `new-${index}`),
      removed: [],
      changed: [],
    },
    {
      path: 'model.bin',
      artifact: 'model/resnet',
      label: 'v12',
      state: 'missing',
      added: [],
      removed: [],
      changed: [],
    },
  ],
  unpushed: [{ remote: 'origin', versions: ['model/resnet@v12'], events: 2 }],
  behind: [{ remote: 'origin', entries: 1 }],
  conflicts: [conflict],
}

test('status lists what needs doing, long lists cut short', async () => {
  assert.deepEqual(await screen('status', { status: dirtyStatus }), [
    'changed   data/val  (dataset/squad-val)',
    ...Array.from({ length: 10 }, (_, index) => `    + new-${index}`),
    '    … and 2 more files',
    'missing   model.bin  (model/resnet@v12)',
    'unpushed  1 version and 2 events that origin lacks; mlstore push',
    'behind    origin had 1 new entry; mlstore pull',
    'conflict  alias model/resnet@prod on origin',
    `    ours    ${short('ours')}`,
    `    theirs  ${short('theirs')} (ben, 2026-11-20T10:00:00Z)`,
    '    Take theirs with `mlstore alias reset model/resnet prod`.',
  ])
})

test('status --check exits 4 only when something is changed, unpushed or in conflict', async () => {
  await screen('status --check', { status: cleanStatus })
  await screen('status --check', { status: dirtyStatus }, 4)
  const unpushed = [{ remote: 'origin', versions: [], events: 1 }]
  await screen('status --check', { status: { ...cleanStatus, unpushed } }, 4)
  const behind = [{ remote: 'origin', entries: 1 }]
  await screen('status --check', { status: { ...cleanStatus, behind } })
  assert.deepEqual(await screen('status', { status: cleanStatus }), [
    'Nothing changed, nothing to push.',
  ])
})

test('push says what it sent and what it cost', async () => {
  assert.deepEqual(await screen('push', { push: pushed }), [
    'Pushed 1 version, 3 events to origin (entry 7): 2.0 KiB sent, 1.0 MiB there already; 2 packs, 6 requests',
  ])
  const nothing = { ...pushed, versions: [], events: 0 }
  assert.deepEqual(await screen('push', { push: nothing }), ['origin has everything.'])
})

test('push --dry-run says what, and not what it would cost, which nobody knows yet', async () => {
  assert.deepEqual(await screen('push --dry-run', { push: pushed }), [
    'Would push 1 version, 3 events to origin.',
  ])
})

test('fetch tells an empty remote from one that has no news', async () => {
  const nothing = { ...pushed, versions: 0, runs: 0, events: 0 }
  assert.deepEqual(await screen('fetch', { fetch: nothing }), ['Nothing new on origin.'])
  assert.deepEqual(await screen('fetch', { fetch: { ...nothing, seq: 0 } }), [
    'origin holds nothing yet.',
  ])
})

test('push with conflicts shows both values and exits 4', async () => {
  const lines = await screen('push', { push: { ...pushed, conflicts: [conflict] } }, 4)
  assert.equal(lines.length, 5)
  assert.ok(lines.join('\n').includes(short('ours')))
  assert.ok(lines.join('\n').includes(short('theirs')))
  await screen('push --json', { push: { ...pushed, conflicts: [conflict] } }, 4)
})

test('alias tells what moved', async () => {
  const move = { artifact: 'm/x', alias: 'prod', from: digest('a'), to: digest('b') }
  assert.deepEqual(await screen('alias set m/x@v1 prod', { setAlias: move }), [
    `m/x@prod now points at ${short('b')}, no longer at ${short('a')}.`,
  ])
  assert.deepEqual(await screen('alias rm m/x prod', { removeAlias: { ...move, to: null } }), [
    `Removed m/x@prod; it pointed at ${short('a')}.`,
  ])
  const log = [{ ...move, at: version.createdAt, by: 'anna', reason: null }]
  assert.deepEqual(await screen('alias log m/x prod', { aliasLog: log }), [
    'AT                    BY    FROM          TO            REASON',
    `2026-11-21T04:44:50Z  anna  ${short('a')}  ${short('b')}`,
  ])
})

test('rm says on stderr what it deletes before it does', async () => {
  const removed = { artifact: 'm/x', label: 'v1', digest: digest('a'), sizeBytes: 2048 }
  const { stdout, stderr } = await cli('rm m/x@v1', { answers: { remove: [removed] } })
  assert.equal(stdout, 'Deleted m/x@v1  2.0 KiB\n')
  assert.equal(stderr, 'Deleting 1 version, 2.0 KiB; the next gc frees what nothing else uses.\n')
  assert.deepEqual(await screen('rm m/x@v1 --dry-run', { remove: [removed] }), [
    'Would delete m/x@v1  2.0 KiB',
  ])
})

test('drop says why it keeps what it keeps', async () => {
  const drop = { objects: 3, bytes: 2048, kept: ['m/x@v1'], reasons: { 'm/x@v1': 'on no remote' } }
  const kept = '  kept  m/x@v1: on no remote'
  assert.deepEqual(await screen('drop', { drop }), ['Freed 2.0 KiB in 3 objects.', kept])
  assert.deepEqual(await screen('drop --dry-run', { drop }), [
    'Would free 2.0 KiB in 3 objects.',
    kept,
  ])
})

test('fsck lists problems and exits 5 for those that are left', async () => {
  const problem = { where: 'packs/ab.pack', what: 'chunk is damaged', repaired: true }
  const result = { objects: 10, bytes: 2048, problems: [problem], notes: [] }
  assert.deepEqual(await screen('fsck', { fsck: result }), [
    'repaired  packs/ab.pack: chunk is damaged',
    '10 objects, 2.0 KiB checked: 1 problem',
  ])
  const damaged = { ...result, problems: [problem, { ...problem, repaired: false }] }
  await screen('fsck', { fsck: damaged }, 5)
})

test('fsck shows notes beside problems, and they do not count as such', async () => {
  const notes = [{ where: 'packs/ab.pack', what: 'not indexed yet' }]
  const result = { objects: 10, bytes: 2048, problems: [], notes }
  assert.deepEqual(await screen('fsck', { fsck: result }), [
    'note      packs/ab.pack: not indexed yet',
    '10 objects, 2.0 KiB checked: no problems',
  ])
})

test('remote doctor shows each capability and exits 6 when there is a problem', async () => {
  const doctorRemote = {
    name: 'origin',
    url: 's3://b/p',
    capabilities: { conditionalCreate: false, list: true, range: true },
    repoId: null,
    seq: null,
    problems: ['The store ignores If-None-Match.'],
    warnings: ['Without listing, a lost entry looks like the end.'],
  }
  assert.deepEqual(await screen('remote doctor', { doctorRemote }, 6), [
    'origin  s3://b/p  (nothing pushed yet)',
    '  FAIL  conditional writes: many people can push',
    '  ok    ranged reads',
    '  ok    listing',
    '  note  Without listing, a lost entry looks like the end.',
    '  problem  The store ignores If-None-Match.',
  ])
})

test('remote list marks the default', async () => {
  const nas = { name: 'nas', url: '/mnt', default: false, local: true, repoId: null, seq: null }
  const origin = { ...nas, name: 'origin', url: 's3://b', default: true, local: false, seq: 7 }
  assert.deepEqual(await screen('remote list', { listRemotes: [nas, origin] }), [
    'NAME      SEQ  KEPT IN       URL',
    'nas         -  .mlstore      /mnt',
    'origin *    7  mlstore.json  s3://b',
  ])
})

test('doctor is a list of checks and exits 1 when one fails', async () => {
  const checks = [{ name: 'catalog', ok: false, detail: 'lags' }]
  assert.deepEqual(await screen('doctor', { doctor: { checks } }, 1), [
    '  ok    mlstore: 1.2.3 on Node 20 on linux',
    '  ok    store: /work/.mlstore',
    '  FAIL  catalog: lags',
  ])
})

test('config get prints the bare value, and nothing that is not set', async () => {
  assert.deepEqual(await screen('config get user.name', { getConfig: 'anna' }), ['anna'])
  const { exitCode, stdout } = await cli('config get user.name', { answers: { getConfig: null } })
  assert.deepEqual([exitCode, stdout], [3, ''])
})

const documents: readonly (readonly [line: string, answers: Answers, document: unknown])[] = [
  ['init', {}, { store: '/work/.mlstore', storeId: '0'.repeat(32), created: true }],
  ['add model', { add: [added] }, added],
  ['add', { add: [added] }, [added]],
  ['ls', { listArtifacts: [] }, []],
  ['ls m/x', { listFiles: () => stream(file, file) }, [file, file]],
  ['log m/x', { log: [version] }, [version]],
  ['show m/x', { show: shown }, shown],
  ['status', { status: cleanStatus }, cleanStatus],
  ['push', { push: pushed }, pushed],
  ['remote rm nas', {}, { name: 'nas' }],
  [
    'remote ls nas',
    { listRemote: () => stream({ key: 'k', sizeBytes: 1 }) },
    [{ key: 'k', sizeBytes: 1 }],
  ],
  ['config set a.b c', {}, { key: 'a.b', value: 'c' }],
  ['rm m/x@v1', { remove: [{ artifact: 'm/x', sizeBytes: 1 }] }, { artifact: 'm/x', sizeBytes: 1 }],
  [
    'rm m/x --all',
    { remove: [{ artifact: 'm/x', sizeBytes: 1 }] },
    [{ artifact: 'm/x', sizeBytes: 1 }],
  ],
]

for (const [line, answers, document] of documents) {
  test(`mlstore --json ${line} prints one document and nothing else`, async () => {
    for (const form of [`--json ${line}`, `${line} --format json`]) {
      const { stdout, exitCode } = await cli(form, { answers })
      assert.equal(exitCode, 0)
      assert.equal(stdout.indexOf('\n'), stdout.length - 1)
      assert.deepEqual(JSON.parse(stdout), document)
    }
  })
}

test('colours appear on a terminal only', async () => {
  const onTerminal = await cli('diff a/b c/d', {
    stdout: new RecordingSink({ isTerminal: true }),
    answers: { diff: { added: [file], removed: [], changed: [], renamed: [], sizeBytes: 1 } },
  })
  assert.ok(onTerminal.stdout.startsWith('\u001b[32m+ train/a.csv'))
})
