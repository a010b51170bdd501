/**
 * The logger of model versions: lines for people, in the form that Python's `logging` writes them.
 *
 * Name, form and level are settings, so that the lines of a program that moves here look as before.
 */

import { invalidArgument } from '../../errors.ts'
import type { Environment } from '../../store/environment.ts'
import type { LoggerSettings } from './settings.ts'

export const logLevels = { DEBUG: 10, INFO: 20, WARNING: 30, ERROR: 40 } as const
export type LogLevel = keyof typeof logLevels

/** A line before it has its form. */
export type LogRecord = {
  readonly time: Date
  readonly level: LogLevel
  readonly name: string
  /** The method that says it. */
  readonly method: string
  readonly message: string
}

type Field = (record: LogRecord) => string | number

const fields: Readonly<Record<string, Field>> = {
  asctime: ({ time }) => time.toISOString().replace('T', ' ').replace('.', ',').replace('Z', ''),
  created: ({ time }) => time.getTime() / 1000,
  funcName: ({ method }) => method,
  levelname: ({ level }) => level,
  levelno: ({ level }) => logLevels[level],
  message: ({ message }) => message,
  msecs: ({ time }) => time.getUTCMilliseconds(),
  name: ({ name }) => name,
}

/** `%(name)-8s`, and `%%`. */
const placeholder = /%(?:\((\w+)\)([-0]*)(\d*)(?:\.\d+)?([a-zA-Z])|(%))/g

/**
 * Writes a line as `fmt` says; times are UTC.
 *
 * @throws {MlstoreError} `INVALID_ARGUMENT` for a field there is none of, listing those there are.
 */
export function formatLogLine(fmt: string, record: LogRecord): string {
  return fmt.replaceAll(placeholder, (...match: readonly string[]) => {
    const [, name = '', flags = '', width = '', , percent] = match
    if (percent !== undefined) return percent
    const field = Object.hasOwn(fields, name) ? fields[name] : undefined
    if (field === undefined) {
      throw invalidArgument(
        `There is no field %(${name})s in lines of the logger.`,
        `There are: ${Object.keys(fields).join(', ')}.`,
      )
    }
    return padded(String(field(record)), flags, Number(width))
  })
}

function padded(text: string, flags: string, width: number): string {
  if (flags.includes('-')) return text.padEnd(width)
  return text.padStart(width, flags.includes('0') ? '0' : ' ')
}

export class Logger {
  readonly settings: LoggerSettings
  readonly #environment: Environment

  /** @throws {MlstoreError} `INVALID_ARGUMENT` for a `fmt` with an unknown field. */
  constructor(settings: LoggerSettings, environment: Environment) {
    this.settings = settings
    this.#environment = environment
    // What is wrong with it is told at once, not by the first line.
    formatLogLine(settings.fmt, this.#record('DEBUG', 'constructor', ''))
  }

  /** Says something, if the level is high enough. */
  say(level: LogLevel, method: string, message: string): void {
    if (logLevels[level] < this.settings.level) return
    const line = formatLogLine(this.settings.fmt, this.#record(level, method, message))
    this.#environment.stderr?.(`${line}\n`)
  }

  #record(level: LogLevel, method: string, message: string): LogRecord {
    const { name } = this.settings
    return { time: this.#environment.clock.now(), level, name, method, message }
  }
}
