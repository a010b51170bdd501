/** What `upload` and `link` do with their arguments, and what they print. */

import type { BucketRef } from '../../compat/bucket-ref/bucket-ref.ts'
import type { BucketLinkOptions } from '../../compat/bucket-ref/requests.ts'
import { invalidArgument } from '../../errors.ts'
import type { CliContext } from '../context.ts'
import { checkSuffix, writeGithubOutputs } from '../github-outputs.ts'
import { parseTexts } from '../key-values.ts'
import { renderTransfer } from '../render/buckets.ts'
import {
  type projectFlags,
  type runArgsFlag,
  type sendFlags,
  withBucketRef,
} from './bucket-flags.ts'
import type { ValuesOf } from '../command.ts'

type SendValues = ValuesOf<typeof sendFlags> &
  ValuesOf<typeof projectFlags> &
  Partial<ValuesOf<typeof runArgsFlag>>

type Send = (
  bucketRef: BucketRef,
  name: string,
  type: string,
  options: BucketLinkOptions,
) => Promise<string>

/** Makes an artifact, prints it, and tells GitHub Actions its name, type and alias. */
export async function sendToBucket(
  values: SendValues,
  context: CliContext,
  send: Send,
): Promise<void> {
  const { name, type, alias, metadata, suffix, overwrite, ...rest } = values
  const required = { name: given('--name', name), type: given('--type', type) }
  checkSuffix(suffix)
  const options = { alias, overwrite, metadata: parseTexts(metadata), signal: context.signal }
  const transfer = await withBucketRef(context, rest, (bucketRef) =>
    send(bucketRef, required.name, required.type, options),
  )
  await context.output.result(transfer, renderTransfer)
  await writeGithubOutputs(context, suffix, [
    ['artifact_name', transfer.name],
    ['artifact_type', transfer.type],
    ['artifact_alias', transfer.alias],
  ])
}

function given(option: string, value: string | undefined): string {
  if (value !== undefined && value !== '') return value
  throw invalidArgument(`${option} is missing.`, 'An artifact has a name and a type.')
}
