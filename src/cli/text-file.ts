/** Text files that a command is pointed at. */

import { readFileSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'

import { MlstoreError, notFound } from '../errors.ts'
import type { CliContext } from './context.ts'

/** @throws {MlstoreError} `NOT_FOUND`, `IO_ERROR` */
export function readTextFile({ environment }: CliContext, path: string): string {
  try {
    return readFileSync(resolve(environment.cwd, path), 'utf8')
  } catch (error) {
    const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT'
    if (missing) throw notFound(`There is no file ${path}.`)
    throw new MlstoreError('IO_ERROR', `Cannot read ${path}.`, { cause: error })
  }
}

/** Writes the file, or replaces it. @throws {MlstoreError} `IO_ERROR` */
export function writeTextFile({ environment }: CliContext, path: string, text: string): void {
  try {
    writeFileSync(resolve(environment.cwd, path), text)
  } catch (error) {
    throw new MlstoreError('IO_ERROR', `Cannot write ${path}.`, { cause: error })
  }
}

/** All of what comes on stdin. */
export async function readStdin({ shell }: CliContext): Promise<string> {
  const pieces: Uint8Array[] = []
  for await (const piece of shell.stdin()) pieces.push(piece)
  return Buffer.concat(pieces).toString('utf8')
}
