/** Answers of a registry as text: what is deployed, what is related, which run won. */

import type { DeployedResult, RelatedResult, WinnerResult } from '../../store/registry/results.ts'
import { formatTime, shortDigest } from '../../core/amounts.ts'
import { aligned } from './columns.ts'
import { visible } from '../../core/visible-text.ts'
import type { Paint } from './paint.ts'
import { renderAliasLog, versionName } from './versions.ts'

export function renderDeployed(result: DeployedResult, paint: Paint): string {
  const lines = [deployedLine(result, paint)]
  if (result.history.length > 0) lines.push('', renderAliasLog(result.history, paint))
  return lines.join('\n')
}

function deployedLine({ artifact, name, version, via }: DeployedResult, paint: Paint): string {
  if (version === null) return `No version of ${visible(artifact)} is ${visible(name)}.`
  const says = via === 'alias' ? `alias ${name}` : `stage=${name}`
  const title = paint('bold', versionName(version))
  return `${title}  ${shortDigest(version.digest)}  by ${visible(says)}`
}

export function renderRelated({ version, of }: RelatedResult, paint: Paint): string {
  const name = paint('bold', versionName(version))
  const created = formatTime(version.createdAt)
  return `${name}  ${shortDigest(version.digest)}  ${created}, tied to ${shortDigest(of)}`
}

export function renderWinner(winner: WinnerResult, paint: Paint): string {
  const { run, summary, metric, goal, value } = winner
  const measured = metric === null ? '' : `${visible(metric)} = ${value} (${goal})`
  const facts: (readonly [string, string])[] = [
    ['run', run],
    ['experiment', visible(summary?.experiment ?? '')],
    ['metric', measured],
    ['reason', visible(winner.reason ?? '')],
    ['chosen', `${formatTime(winner.at)} by ${visible(winner.by)}`],
  ]
  const title = paint('bold', visible(summary?.name ?? shortDigest(run)))
  const lines = aligned(facts.filter(([, fact]) => fact !== '')).map((line) => `  ${line}`)
  const won = `${title} is the winner of ${visible(winner.artifact)}@${shortDigest(winner.digest)}`
  return [won, ...lines].join('\n')
}
