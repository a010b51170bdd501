/**
 * What a corpus of the dedup bench is: one folder saved again and again, each time a little
 * different, as people save models and data sets.
 *
 * Corpora that the bench makes are the same on every machine: all chance comes from a seed.
 */

import { mkdirSync } from 'node:fs'
import { join } from 'node:path'

export type Corpus = {
  readonly name: string
  readonly title: string
  /** Makes the versions inside `place.folder`; how big they are follows `place.scale`. */
  readonly make: (place: CorpusPlace) => Promise<Made>
}

export type CorpusPlace = {
  /** Empty. */
  readonly folder: string
  /** 1: tens of MiB a version. */
  readonly scale: number
}

/** Absolute paths of the versions' folders, first to last, or the reason why there are none. */
export type Made = { readonly versions: readonly string[] } | { readonly skipped: string }

/** Makes the folder of version `number`, counted from 1. */
export function versionFolder({ folder }: CorpusPlace, number: number): string {
  const path = join(folder, String(number))
  mkdirSync(path)
  return path
}

/** An amount at this scale, at least `least`. */
export function scaled({ scale }: CorpusPlace, amount: number, least = 1): number {
  return Math.max(least, Math.round(amount * scale))
}
