/** `mlstore run log`: parse, call the library, print. */

import type { LogLine } from '../../../core/runs/log-line.ts'
import { invalidArgument, throwIfAborted } from '../../../errors.ts'
import { type Command, count, defineCommand, flag, list, optional, text } from '../../command.ts'
import { parseMetrics, parseParams, parseTags } from '../../key-values.ts'
import { linesOf } from '../../lines.ts'
import { LineLogger } from './line-logger.ts'
import { whichRun } from './which-run.ts'

const details = [
  'With --stdin each line is JSON and says one of these, or several:',
  '{"metrics": {"loss": 0.1}, "step": 3}',
  '{"params": {"lr": 0.1}}',
  '{"tags": {"stage": "test"}}',
  '{"note": "converged"}',
  '{"file": "plot.png", "as": "plots/1.png"}',
  '{"text": "all of it", "as": "notes.txt"}',
  '{"input": "dataset/d@v1"}',
  '{"output": "model.bin", "as": "model/m"}',
  'NaN and Infinity are numbers. A line that cannot be used is named, the others are logged, and the exit code is 2.',
].join('\n')

export const log: Command = defineCommand({
  summary: 'Log into a run: params, metrics, tags, files, what it read and made',
  details,
  positionals: { id: optional('The run; default: MLSTORE_RUN_ID', 'run') },
  options: {
    param: list('K=V', 'A param, which is written once'),
    metric: list('K=V', 'A point of a metric; nan and inf are numbers'),
    step: count('N', 'Of the metrics; default: 0'),
    tag: list('K=V', 'Tag the run'),
    note: text('TEXT', 'What people should know about the run'),
    file: list('PATH[=AS]', 'Keep a file or folder with the run', { completes: 'path' }),
    input: list('REF', 'A version that it reads', { completes: 'reference' }),
    output: text('PATH', 'Add what it made as a version of --as', { completes: 'path' }),
    as: text('TYPE/NAME', 'The artifact of --output', { completes: 'artifact' }),
    stdin: flag('Read lines of JSON until the end of stdin'),
    keepGoing: flag('Where it cannot be written, say so once and go on'),
  },
  examples: [
    ['run log --metric loss=0.12 --step 3', 'Into the run of MLSTORE_RUN_ID'],
    ['run log 3f9a1c04 --stdin', 'python train.py | mlstore run log 3f9a1c04 --stdin'],
  ],
  async run(values, { environment, openStore, output, shell, signal }) {
    const given = linesGiven(values)
    if (given.length === 0 && !values.stdin) {
      throw invalidArgument('Nothing to log.', 'Give --metric, --param, --file, …, or --stdin.')
    }
    const id = whichRun(values.id, environment.env)
    await using store = await openStore()
    const logger = new LineLogger({
      cwd: environment.cwd,
      keepGoing: values.keepGoing,
      note: (message) => void output.note(message),
    })
    await using run = await store.resumeRun(id, logger.loggingOptions)
    for (const line of given) await logger.log(run, line)
    if (values.stdin) await logger.logAll(run, linesOf(shell.stdin()), signal)
    await run.flush()
    throwIfAborted(signal)
    logger.throwProblems()
    await output.result({ run: run.id, lines: logger.lines }, () => '')
  },
})

type Given = {
  readonly param: readonly string[]
  readonly metric: readonly string[]
  readonly step: number | undefined
  readonly tag: readonly string[]
  readonly note: string | undefined
  readonly file: readonly string[]
  readonly input: readonly string[]
  readonly output: string | undefined
  readonly as: string | undefined
}

/** The options as the lines that say the same. */
function linesGiven(values: Given): LogLine[] {
  const { step, note, output, as } = values
  if (step !== undefined && values.metric.length === 0)
    throw invalidArgument('--step needs --metric.')
  if ((output === undefined) !== (as === undefined)) {
    throw invalidArgument('--output and --as go together: a path and its artifact, type/name.')
  }
  const lines: LogLine[] = [
    ...values.file.map(fileLine),
    ...values.input.map((input) => ({ input })),
  ]
  if (values.param.length > 0) lines.push({ params: parseParams(values.param) })
  if (values.tag.length > 0) lines.push({ tags: parseTags(values.tag) })
  if (note !== undefined) lines.push({ note })
  if (values.metric.length > 0) {
    lines.push({ metrics: parseMetrics(values.metric), ...(step !== undefined && { step }) })
  }
  if (output !== undefined && as !== undefined) lines.push({ output, as })
  return lines
}

/** `PATH=AS`; a path that has a `=` itself can be logged as a line of JSON. */
function fileLine(word: string): LogLine {
  const at = word.indexOf('=')
  return at < 1 ? { file: word } : { file: word.slice(0, at), as: word.slice(at + 1) }
}
