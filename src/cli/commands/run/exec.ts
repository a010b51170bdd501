/** `mlstore run exec`: parse, call the store, print. */

import { invalidArgument } from '../../../errors.ts'
import type { RunName } from '../../../store/runs/requests.ts'
import type { RunningServer } from '../../../server/server.ts'
import type { StoreApi } from '../../../store/store.ts'
import { type Command, defineCommand, flag, list, some, text } from '../../command.ts'
import type { CliContext } from '../../context.ts'
import { parseParams, parseTags } from '../../key-values.ts'
import { visible } from '../../../core/visible-text.ts'
import { shortRun } from '../../render/run-names.ts'

/** What `env`, `docker run` and their kin end with when it is they who failed. */
const ownFailure = 125

export const exec: Command = defineCommand({
  summary: 'Run a command and record it as a run',
  details:
    "The command finds its run in MLSTORE_RUN_ID: what it reads with get and makes with add are inputs and outputs, run log without ID logs into it, and a run started inside is its child. With --mlflow the first run that it starts with MLflow is this run; its experiment must be the one that --experiment names. Command line, exit code, time, the last 64 KiB of its output, git and machine are recorded. Ctrl-C and SIGTERM are the command's; the run is then KILLED. The exit code is the command's: 128+n after signal n, 127 and 126 if it cannot be started, 125 if mlstore failed.",
  positionals: { command: some('The command and its arguments, behind --', 'path') },
  options: {
    experiment: text('EXPERIMENT', 'Made when there is none; default: default', {
      completes: 'experiment',
    }),
    name: text('NAME', 'Default: a readable one is made up'),
    param: list('K=V', 'A param, which is written once'),
    tag: list('K=V', 'Tag the run'),
    mlflow: flag('What the command logs with MLflow goes into the run'),
  },
  examples: [
    [
      'run exec --experiment digits --param lr=0.1 -- python train.py --lr 0.1',
      'Record a training',
    ],
    ['run exec --experiment digits --mlflow -- python train.py', 'One that logs with MLflow'],
  ],
  failureCode: ownFailure,
  async run({ command, experiment, name, param, tag, mlflow }, context) {
    const [program, ...programArguments] = command
    if (program === undefined) throw invalidArgument('Which command? Put it behind --.')
    const { output, shell, openStore, setExitCode } = context
    const run = { experiment, name, params: parseParams(param), tags: parseTags(tag) }
    // stdout is for the one document of `--json`.
    const stdout = output.json ? shell.stderr : shell.stdout
    await using store = await openStore()
    await using server = mlflow ? await serve(store, context) : undefined
    const result = await store.exec({
      command: [program, ...programArguments],
      run,
      launch: (start) => shell.launchProgram(start, { stdout, stderr: shell.stderr }),
      onStart: (started) => void output.note(startedLine(started)),
      env: ({ id }) => (server === undefined ? {} : mlflowVariables(server, id)),
    })
    setExitCode(result.exitCode)
    if (result.failure !== null) await output.note(`error: ${visible(result.failure)}`)
    await output.result(result, () => '')
  },
})

/** MLflow's protocol over the store, for as long as the command runs. */
async function serve(
  store: StoreApi,
  { environment, shell }: CliContext,
): Promise<RunningServer & AsyncDisposable> {
  const server = await shell.startServer({ store, environment, version: shell.version, port: 0 })
  return { ...server, [Symbol.asyncDispose]: () => server.close() }
}

/** The first run that the command starts with MLflow is the run it is recorded as. */
function mlflowVariables({ url }: RunningServer, run: string): Readonly<Record<string, string>> {
  return { MLFLOW_TRACKING_URI: url, MLFLOW_RUN_ID: run }
}

function startedLine({ id, name, experiment }: RunName): string {
  return `Run ${shortRun(id)} ${visible(name)} (${visible(experiment)})`
}
