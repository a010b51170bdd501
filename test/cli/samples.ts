/** Results of a store as the renderers get them, made up but of the right shape. */

import type { WinnerResult } from '../../src/store/registry/results.ts'
import type {
  AddResult,
  Attachment,
  Conflict,
  ListedFile,
  PushResult,
  ShowResult,
  StatusResult,
  VersionSummary,
} from '../../src/store/results.ts'
import { digest } from './fake-shell.ts'

export const version: VersionSummary = {
  artifact: 'model/resnet',
  label: 'v12',
  digest: digest('v12'),
  root: digest('root'),
  createdAt: '2026-11-21T04:44:50.123Z',
  by: 'anna',
  files: 3,
  sizeBytes: 102_236_160,
  aliases: ['prod', 'staging'],
  tags: { stage: 'prod' },
  run: null,
}

export const winner: WinnerResult = {
  artifact: 'model/resnet',
  digest: version.digest,
  run: '3f9a'.repeat(8),
  summary: null,
  metric: 'val/acc',
  goal: 'max',
  value: 0.93,
  reason: 'for release 3',
  at: '2026-11-21T04:44:50.123Z',
  by: 'anna',
}

export const unnamed: VersionSummary = {
  ...version,
  label: null,
  digest: digest('unnamed'),
  files: 1,
  sizeBytes: 12,
  aliases: [],
  tags: {},
}

export const attachment: Attachment = {
  type: 'model-checks',
  name: 'model-checks/model/resnet@2026-11-21-05-00-00',
  version: digest('checks'),
  createdAt: '2026-11-21T05:00:00.000Z',
  by: 'anna',
  files: 1,
  sizeBytes: 512,
  tags: { passed: 'yes' },
}

export const shown: ShowResult = {
  ...version,
  shape: 'tree',
  meta: { f1: 0.93, note: 'two\nlines' },
  inputs: [
    { version: digest('data'), role: 'data', name: 'dataset/coco@v3', via: 'run' },
    { version: digest('base'), role: 'base', name: null, via: 'added' },
  ],
  madeBy: [
    {
      run: '0123456789abcdef'.repeat(2),
      name: 'brave-otter',
      experiment: 'vision',
      status: 'FINISHED',
      removed: true,
      role: 'checkpoint',
    },
  ],
  code: { commit: '1a2b3c4d5e6f7a8b', branch: 'main', dirty: true, remote: 'git@host:repo.git' },
  usedBy: {
    aliases: [
      { alias: 'prod', at: '2026-11-21T05:00:00.000Z', by: 'ben', reason: 'passed the bench' },
      { alias: 'staging', at: '2026-11-21T04:50:00.000Z', by: 'anna', reason: null },
    ],
    versions: [{ version: digest('report'), name: 'report/resnet@v1', role: 'input' }],
    runs: [
      {
        run: 'fedcba9876543210'.repeat(2),
        name: null,
        experiment: null,
        status: null,
        removed: false,
        role: 'candidate',
      },
    ],
  },
  attachments: [attachment],
  removed: false,
  locations: ['local', 'origin'],
}

export const added: AddResult = {
  artifact: 'model/resnet',
  label: 'v12',
  digest: digest('v12'),
  root: digest('root'),
  files: 3,
  sizeBytes: 102_236_160,
  newBytes: 1024,
  unchanged: false,
  aliases: ['prod'],
  hidden: 2,
  leftOut: { exclude: [], noHidden: true },
  locked: true,
  path: 'model',
}

export const file: ListedFile = {
  path: 'train/a.csv',
  kind: 'file',
  sizeBytes: 2048,
  digest: digest('a'),
}

export const conflict: Conflict = {
  kind: 'alias',
  remote: 'origin',
  artifact: 'model/resnet',
  name: 'prod',
  ours: digest('ours'),
  theirs: digest('theirs'),
  theirsBy: 'ben, 2026-11-20T10:00:00Z',
  hint: 'Take theirs with `mlstore alias reset model/resnet prod`.',
}

export const pushed: PushResult = {
  remote: 'origin',
  seq: 7,
  versions: ['model/resnet@v12'],
  runs: 0,
  events: 3,
  bytesSent: 2048,
  bytesDeduped: 1_048_576,
  packs: 2,
  requests: 6,
  conflicts: [],
  renumbered: [],
}

export const cleanStatus: StatusResult = {
  paths: [
    {
      path: 'data/train',
      artifact: 'dataset/squad',
      label: 'v1',
      state: 'unchanged',
      added: [],
      removed: [],
      changed: [],
    },
  ],
  unpushed: [{ remote: 'origin', versions: [], events: 0 }],
  behind: [],
  conflicts: [],
}
