/**
 * Where a run runs, and of what code.
 *
 * Everything here is taken by name; nothing is copied that might hold a secret, and what is free
 * text (the command, the patch, URLs) is redacted.
 */

import { basename } from 'node:path'

import type { JsonObject } from '../../core/canonical-json.ts'
import { ciContext } from '../../core/runs/ci-context.ts'
import { redact, redactArguments, type Secrets, secretsIn } from '../../core/runs/redaction.ts'
import type { StoreParts } from '../parts.ts'
import { codeState } from './code-state.ts'
import { installedPackages, pythonVersion } from './installed-packages.ts'
import type { RunSource } from './requests.ts'
import type { Run } from './run.ts'

export type ContextOptions = {
  /** Default: the program of this process. */
  readonly source?: RunSource | undefined
  /** It belongs to no process. */
  readonly detached: boolean
}

/** What is known at once. */
export function contextOf(parts: StoreParts, { source, detached }: ContextOptions): JsonObject {
  const { env, identity, machine } = parts
  const secrets = secretsIn(env)
  const { pid } = machine
  const owner = { host: identity.host, pid, started: machine.startTime(pid) ?? 0 }
  const ci = ciContext(env)
  return {
    source: sourceJson(source ?? programOf(machine.commandLine), secrets),
    environment: environmentOf(parts),
    // A run that was this process's may be resumed by none.
    process: detached ? { host: identity.host } : owner,
    ...(ci === undefined
      ? {}
      : { ci: { provider: ci.provider, values: redactedValues(ci.values, secrets) } }),
  }
}

/** Finds out what takes longer, and adds it to the run. */
export async function addCodeState(parts: StoreParts, run: Run): Promise<void> {
  // Starting programs takes longer than starting a run: whoever started it goes on first.
  await parts.clock.sleep(0)
  const secrets = secretsIn(parts.env)
  const [git, packages] = await Promise.all([codeState(parts), installedPackages(parts)])
  const context: { [key: string]: JsonObject } = {}
  if (git !== undefined) {
    const { patch, ...facts } = git
    const digest =
      patch === undefined ? undefined : await run.keepBytes(patchPath, redacted(patch, secrets))
    context['git'] = digest === undefined ? facts : { ...facts, patch: digest }
  }
  if (packages !== undefined) {
    const { name, bytes } = packages
    const digest = await run.keepBytes(`environment/${name}`, redacted(bytes, secrets))
    context['environment'] = { ...environmentOf(parts), packages: digest }
  }
  if (Object.keys(context).length > 0) run.addContext(context)
}

function environmentOf(parts: StoreParts): JsonObject {
  const python = pythonVersion(parts)
  return { ...parts.machine.facts(), ...(python === undefined ? {} : { python }) }
}

const patchPath = 'code/changes.patch'

function programOf([program = 'node', script, ...args]: readonly string[]): RunSource {
  if (script === undefined) return { kind: 'library', name: basename(program) }
  return { kind: 'script', name: basename(script), command: [basename(program), script, ...args] }
}

function sourceJson({ kind, name, command }: RunSource, secrets: Secrets): JsonObject {
  const redactedName = redact(name, secrets)
  if (command === undefined) return { kind, name: redactedName }
  return { kind, name: redactedName, command: redactArguments(command, secrets) }
}

function redactedValues(
  values: Readonly<Record<string, string>>,
  secrets: Secrets,
): Record<string, string> {
  const entries = Object.entries(values)
  return Object.fromEntries(entries.map(([name, value]) => [name, redact(value, secrets)]))
}

/** Bytes that are no text stay as they are: Latin-1 gives each back. */
function redacted(bytes: Buffer, secrets: Secrets): Buffer {
  const text = bytes.toString('utf8')
  const isText = Buffer.from(text).equals(bytes)
  if (isText) return Buffer.from(redact(text, secrets))
  return Buffer.from(redact(bytes.toString('latin1'), secrets), 'latin1')
}
