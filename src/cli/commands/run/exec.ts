/** `mlstore run exec`: parse, call the store, print. */

import { invalidArgument } from '../../../errors.ts'
import type { RunName } from '../../../store/runs/requests.ts'
import { type Command, defineCommand, list, some, text } from '../../command.ts'
import { parseParams, parseTags } from '../../key-values.ts'
import { visible } from '../../render/escape.ts'
import { shortRun } from '../../render/run-names.ts'

/** What `env`, `docker run` and their kin end with when it is they who failed. */
const ownFailure = 125

export const exec: Command = defineCommand({
  summary: 'Run a command and record it as a run',
  details:
    "The command finds its run in MLSTORE_RUN_ID: what it reads with get and makes with add are inputs and outputs, run log without ID logs into it, and a run started inside is its child. Command line, exit code, time, the last 64 KiB of its output, git and machine are recorded. Ctrl-C and SIGTERM are the command's; the run is then KILLED. The exit code is the command's: 128+n after signal n, 127 and 126 if it cannot be started, 125 if mlstore failed.",
  positionals: { command: some('The command and its arguments, behind --', 'path') },
  options: {
    experiment: text('EXPERIMENT', 'Made when there is none; default: default', {
      completes: 'experiment',
    }),
    name: text('NAME', 'Default: a readable one is made up'),
    param: list('K=V', 'A param, which is written once'),
    tag: list('K=V', 'Tag the run'),
  },
  examples: [
    [
      'run exec --experiment digits --param lr=0.1 -- python train.py --lr 0.1',
      'Record a training',
    ],
  ],
  failureCode: ownFailure,
  async run({ command, experiment, name, param, tag }, context) {
    const [program, ...programArguments] = command
    if (program === undefined) throw invalidArgument('Which command? Put it behind --.')
    const { output, shell, openStore, setExitCode } = context
    const run = { experiment, name, params: parseParams(param), tags: parseTags(tag) }
    // stdout is for the one document of `--json`.
    const stdout = output.json ? shell.stderr : shell.stdout
    await using store = await openStore()
    const result = await store.exec({
      command: [program, ...programArguments],
      run,
      launch: (start) => shell.launchProgram(start, { stdout, stderr: shell.stderr }),
      onStart: (started) => void output.note(startedLine(started)),
    })
    setExitCode(result.exitCode)
    if (result.failure !== null) await output.note(`error: ${visible(result.failure)}`)
    await output.result(result, () => '')
  },
})

function startedLine({ id, name, experiment }: RunName): string {
  return `Run ${shortRun(id)} ${visible(name)} (${visible(experiment)})`
}
