/** What `upload`, `download` and `link` have in common: their options, and the run around them. */

import { BucketRef, bucketProject } from '../../compat/bucket-ref/bucket-ref.ts'
import type { BucketTransfer } from '../../compat/bucket-ref/requests.ts'
import { isMlstoreError } from '../../errors.ts'
import { flag, type FlagOption, list, type ListOption, text, type TextOption } from '../command.ts'
import type { CliContext } from '../context.ts'
import { parseTexts } from '../key-values.ts'

type ProjectFlags = {
  readonly projectName: TextOption
  readonly bucket: TextOption
  readonly runName: TextOption
  readonly jobType: TextOption
  readonly entity: TextOption
}

/** Which project and bucket it is about, and what its run is called. */
export const projectFlags: ProjectFlags = {
  projectName: text('PROJECT', 'Default: MLSTORE_PROJECT, else WANDB_PROJECT'),
  bucket: text('NAME', 'A bucket or a remote; default: the project', { completes: 'remote' }),
  runName: text('NAME', 'Name of the run; default: one that is made up'),
  jobType: text('TYPE', 'Kind of job: a tag of the run'),
  entity: text('NAME', 'Whose project it is: a tag of the run; default: WANDB_ENTITY'),
}

type RunArgsFlag = { readonly runArgs: ListOption }

export const runArgsFlag: RunArgsFlag = {
  runArgs: list('K=V', 'What the run was called with; the value counts as it is written'),
}

type SendFlags = {
  readonly name: TextOption
  readonly type: TextOption
  readonly alias: TextOption
  readonly metadata: ListOption
  readonly suffix: TextOption
  readonly overwrite: FlagOption
}

/** What an artifact is called that is made. */
export const sendFlags: SendFlags = {
  name: text('NAME', 'Name of the artifact; required', { short: 'n' }),
  type: text('TYPE', 'Type of the artifact; required', { short: 't' }),
  alias: text('ALIAS', 'Default: a new UUID; !run-config-hash: the hash of --run-args', {
    short: 'a',
  }),
  metadata: list('K=V', 'Metadata: text, after the first =', { short: 'm' }),
  suffix: text('SUFFIX', 'End of the names of the outputs for GitHub Actions', { short: 's' }),
  overwrite: flag('Replace an alias that is at other content'),
}

type ProjectValues = {
  readonly [Name in keyof ProjectFlags]: string | undefined
} & { readonly runArgs?: readonly string[] }

/** Does one transfer within a run of its own, which ends as the transfer does. */
export async function withBucketRef(
  { environment, openStore }: CliContext,
  { runArgs, ...flags }: ProjectValues,
  work: (bucketRef: BucketRef) => Promise<unknown>,
): Promise<BucketTransfer> {
  // What is wrong in the command line is told before anything is opened.
  const projectName = bucketProject(flags.projectName, environment.env)
  const args = parseTexts(runArgs ?? [])
  await using store = await openStore({ createBesideConfig: true })
  await using bucketRef = new BucketRef({ ...flags, projectName, store, environment })
  try {
    await bucketRef.startRun({ runArgs: args })
    await work(bucketRef)
  } catch (error) {
    // Leaving the scope would call it failed.
    if (isMlstoreError(error, 'INTERRUPTED')) await bucketRef.run?.end('KILLED')
    throw error
  }
  const [transfer] = bucketRef.transfers
  await bucketRef.close()
  if (transfer === undefined) throw new TypeError('a transfer that did not fail is recorded')
  return transfer
}
