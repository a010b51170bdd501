/** `mlstore doctor`: the installation as the command line sees it, then the store's own checks. */

import { isMlstoreError } from '../../errors.ts'
import type { DoctorResult } from '../../store/results.ts'
import { type Command, defineCommand } from '../command.ts'
import type { CliContext } from '../context.ts'
import { outcomes } from '../exit-codes.ts'
import { renderDoctor } from '../render/health.ts'

type Check = DoctorResult['checks'][number]

export const command: Command = defineCommand({
  summary: 'Check the installation and the store',
  details: 'Exits 1 when a check fails.',
  examples: [['doctor', 'When something is odd; paste it into a report']],
  async run(_values, context) {
    const checks = [installation(context), ...(await storeChecks(context))]
    await context.output.result({ checks }, renderDoctor)
    if (checks.some((check) => !check.ok)) context.setExitCode(outcomes.failed)
  },
})

function installation({ shell }: CliContext): Check {
  return { name: 'mlstore', ok: true, detail: `${shell.version} on ${shell.platform}` }
}

/** A store that cannot be opened is what someone runs `doctor` for: a failed check, not an error. */
async function storeChecks(context: CliContext): Promise<readonly Check[]> {
  try {
    await using store = await context.openStore()
    const { checks } = await store.doctor()
    return [{ name: 'store', ok: true, detail: store.directory }, ...checks]
  } catch (error) {
    if (!isMlstoreError(error)) throw error
    return [{ name: 'store', ok: false, detail: error.message }]
  }
}
