/**
 * Settings of model versions: where attributes go, and how the logger writes.
 *
 * Each comes from the first of these that says it: the instance, the environment, the settings of
 * the store, the default. Variables have the documented names or those of mlstore, and it does not
 * matter whether they are written in capitals:
 *
 *   ONCLUSIVEML_TRACKING_BACKEND_USE_S3_BACKEND   MLSTORE_BACKEND_USE_S3_BACKEND
 */

import { invalidArgument } from '../../errors.ts'

export type BackendSettings = {
  /** Whether attributes travel; else they stay on this computer, in a version of their own. */
  readonly useS3Backend: boolean
  /** A bucket, or the name of a remote; `''`: the default remote. */
  readonly s3BackendBucket: string
  /** Within the bucket; `''`: all of it. */
  readonly s3BackendPrefix: string
}

export type LoggerSettings = {
  readonly name: string
  /** As Python writes it: `%(levelname)s - %(message)s`. */
  readonly fmt: string
  /** 10 debug, 20 info, 30 warning, 40 error. */
  readonly level: number
}

/** What of the settings somebody has said. */
export type Said<Values> = { readonly [Name in keyof Values]?: Values[Name] | undefined }

type Variables = Readonly<Record<string, string | undefined>>

/** The first counts: who has both means the product he is using. */
const prefixes = ['MLSTORE_', 'ONCLUSIVEML_TRACKING_'] as const

export const backendDefaults: BackendSettings = {
  useS3Backend: true,
  s3BackendBucket: '',
  s3BackendPrefix: '',
}

export const loggerDefaults: LoggerSettings = {
  name: 'mlstore.tracking',
  fmt: '%(asctime)s - [%(levelname)s] - %(name)s - %(funcName)s - %(message)s',
  level: 20,
}

/** @throws {MlstoreError} `INVALID_ARGUMENT` for a value that cannot be, naming its variable. */
export function backendOfEnvironment(env: Variables): Said<BackendSettings> {
  return backendFrom((name) => variable(env, `BACKEND_${name}`))
}

export function loggerOfEnvironment(env: Variables): Said<LoggerSettings> {
  return loggerFrom((name) => variable(env, `LOGGER_${name}`))
}

/** @param config Of the store: `tracking.use-s3-backend`. */
export function backendOfConfig(config: Variables): Said<BackendSettings> {
  return backendFrom((name) => setting(config, name))
}

export function loggerOfConfig(config: Variables): Said<LoggerSettings> {
  return loggerFrom((name) => setting(config, `LOGGER_${name}`))
}

/** What counts of several who say something, the first one first. */
export function backendSettings(...said: readonly Said<BackendSettings>[]): BackendSettings {
  return {
    useS3Backend: first(said, 'useS3Backend') ?? backendDefaults.useS3Backend,
    s3BackendBucket: first(said, 's3BackendBucket') ?? backendDefaults.s3BackendBucket,
    s3BackendPrefix: first(said, 's3BackendPrefix') ?? backendDefaults.s3BackendPrefix,
  }
}

export function loggerSettings(...said: readonly Said<LoggerSettings>[]): LoggerSettings {
  return {
    name: first(said, 'name') ?? loggerDefaults.name,
    fmt: first(said, 'fmt') ?? loggerDefaults.fmt,
    level: first(said, 'level') ?? loggerDefaults.level,
  }
}

/** @throws {MlstoreError} `INVALID_ARGUMENT` for a prefix with a slash at an end. */
export function checkedBackend(said: Said<BackendSettings>): Said<BackendSettings> {
  const { s3BackendPrefix: prefix = '' } = said
  if (!prefix.startsWith('/') && !prefix.endsWith('/')) return said
  throw invalidArgument(
    `The prefix ${JSON.stringify(prefix)} starts or ends with a slash.`,
    'Write it without: models/registry.',
  )
}

/** A value, and where it was found. */
type Found = { readonly text: string; readonly where: string }

function backendFrom(find: (name: string) => Found | undefined): Said<BackendSettings> {
  return checkedBackend({
    useS3Backend: parsed(find('USE_S3_BACKEND'), parseBoolean),
    s3BackendBucket: find('S3_BACKEND_BUCKET')?.text,
    s3BackendPrefix: find('S3_BACKEND_PREFIX')?.text,
  })
}

function loggerFrom(find: (name: string) => Found | undefined): Said<LoggerSettings> {
  return {
    name: find('NAME')?.text,
    fmt: find('FMT')?.text,
    level: parsed(find('LEVEL'), parseLevel),
  }
}

function variable(env: Variables, name: string): Found | undefined {
  for (const prefix of prefixes) {
    const wanted = prefix + name
    const names = [wanted, ...Object.keys(env).filter((each) => each.toUpperCase() === wanted)]
    const where = names.find((each) => (env[each] ?? '') !== '')
    if (where !== undefined) return { where, text: env[where] ?? '' }
  }
  return undefined
}

function setting(config: Variables, name: string): Found | undefined {
  const where = `tracking.${name.toLowerCase().replaceAll('_', '-')}`
  const text = config[where]
  return text === undefined || text === '' ? undefined : { where, text }
}

function parsed<Value>(
  found: Found | undefined,
  parse: (found: Found) => Value,
): Value | undefined {
  return found === undefined ? undefined : parse(found)
}

/** The spellings that pydantic takes. */
function parseBoolean({ text, where }: Found): boolean {
  const word = text.trim().toLowerCase()
  if (['1', 'on', 't', 'true', 'y', 'yes'].includes(word)) return true
  if (['0', 'off', 'f', 'false', 'n', 'no'].includes(word)) return false
  throw invalidArgument(
    `${where} is ${JSON.stringify(text)}, which is neither true nor false.`,
    'Write true or false.',
  )
}

function parseLevel({ text, where }: Found): number {
  if (/^\s*\d{1,3}\s*$/.test(text)) return Number(text)
  throw invalidArgument(
    `${where} is ${JSON.stringify(text)}, which is no level.`,
    'Levels are 10 (debug), 20 (info), 30 (warning) and 40 (error).',
  )
}

function first<Values, Name extends keyof Values>(
  said: readonly Said<Values>[],
  name: Name,
): Values[Name] | undefined {
  return said.map((each) => each[name]).find((value) => value !== undefined)
}
