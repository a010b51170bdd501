/** `mlstore search`: parse, call the store, print. */

import { invalidArgument } from '../../errors.ts'
import type { StoreApi } from '../../store/store.ts'
import { type Command, count, defineCommand, list, optional, text } from '../command.ts'
import type { Output } from '../output.ts'
import { printAs, tableFormat } from '../print-as.ts'
import { removedFlags, viewOf } from './removed-flags.ts'

export const command: Command = defineCommand({
  summary: 'Find versions, runs or artifacts by what is known of them',
  details:
    'Tests such as tags.stage = prod, meta.f1 > 0.9, metrics.acc >= 0.9, params.lr = 0.1 and created > 2026-11 are joined by and, or, not; after them may stand order by FIELD desc, ... and limit N. MLflow filters are valid. docs/queries.md has all of it.',
  positionals: { query: optional('Conditions; default: all') },
  options: {
    kind: text('KIND', 'What is searched; default: versions', {
      choices: ['versions', 'runs', 'artifacts'],
    }),
    type: text('TYPE', 'Only artifacts of this type, or versions of them; default: all but run'),
    experiment: list('EXPERIMENT', 'Only runs of this one', { completes: 'experiment' }),
    ...removedFlags,
    number: count('N', 'At most this many; default: all, of runs 100', { short: 'n' }),
    pageToken: text('TOKEN', 'Go on where the list before ended'),
    format: tableFormat,
  },
  examples: [
    [`search "tags.stage = 'prod' and meta.f1 > 0.9"`, 'Good models in production'],
    [
      `search --kind runs "metrics.acc > 0.9 and params.optimizer = 'adam' order by metrics.acc desc" -n 5`,
      'The best five runs',
    ],
    ['search --kind artifacts --type model --format csv', 'All models, for a spreadsheet'],
  ],
  async run(values, { openStore, output }) {
    const { kind = 'versions' } = values
    await using store = await openStore()
    const next = await searches[kind]?.(store, values, output)
    if (next !== null && next !== undefined) {
      await output.note(`There are more: --page-token ${next}`)
    }
  },
})

type Values = {
  readonly query: string | undefined
  readonly type: string | undefined
  readonly experiment: readonly string[]
  readonly all: boolean
  readonly removed: boolean
  readonly number: number | undefined
  readonly pageToken: string | undefined
  readonly format: string | undefined
}

/** Searches, prints what was found, and answers the token of the next page. */
type Search = (store: StoreApi, values: Values, output: Output) => Promise<string | null>

const searches: Readonly<Record<string, Search>> = {
  versions: async (store, values, output) => {
    const page = await store.searchVersions(requestOf(values))
    const { renderSearch } = await import('../render/versions.ts')
    const { versionsCsv } = await import('../render/found.ts')
    await printAs(output, values.format, page.versions, { table: renderSearch, csv: versionsCsv })
    return page.nextPageToken
  },
  artifacts: async (store, values, output) => {
    const page = await store.searchArtifacts(requestOf(values))
    const { artifactsCsv, renderFoundArtifacts } = await import('../render/found.ts')
    const renderers = { table: renderFoundArtifacts, csv: artifactsCsv }
    await printAs(output, values.format, page.artifacts, renderers)
    return page.nextPageToken
  },
  runs: async (store, values, output) => {
    const { query, type, experiment, number, pageToken } = values
    if (type !== undefined) throw invalidArgument('Runs have no type: --type is for artifacts.')
    const view = viewOf(values)
    const page = await store.searchRuns({
      query,
      experiments: experiment,
      view,
      limit: number,
      pageToken,
    })
    const { renderRuns, runsCsv } = await import('../render/runs.ts')
    await printAs(output, values.format, page.runs, { table: renderRuns, csv: runsCsv })
    return page.nextPageToken
  },
}

function requestOf({ query, type, number, pageToken, experiment, all, removed }: Values): {
  readonly query: string | undefined
  readonly type: string | undefined
  readonly limit: number | undefined
  readonly pageToken: string | undefined
} {
  if (experiment.length > 0 || all || removed) {
    throw invalidArgument(
      '--experiment, --all and --removed are for runs.',
      'Search those with --kind runs.',
    )
  }
  return { query, type, limit: number, pageToken }
}
