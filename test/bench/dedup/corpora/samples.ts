/**
 * Rows of a made-up data set: who, when, a sentence or three, a score, a label.
 *
 * Words are as unevenly frequent as in a language, so that compressors have what they have there.
 */

import { between, seededNumbers } from '../../../support/seeded-data.ts'

export type Sample = {
  readonly id: number
  readonly user: string
  /** Seconds. */
  readonly created: number
  readonly text: string
  readonly score: number
  readonly label: string
}

const labels = ['neutral', 'positive', 'negative', 'mixed']
const syllables = 'ka to mi ren sol va di pe lu gra ton is er al no be cha fi or un'.split(' ')
const vocabularySize = 4000
const firstSecond = 1_700_000_000

let vocabulary: readonly string[] | undefined

/** Makes samples number `from` and on; each depends on its number and the seed alone. */
export function samples(seed: string, from: number, count: number): Sample[] {
  return Array.from({ length: count }, (_, i) => sample(seed, from + i))
}

export function sample(seed: string, id: number): Sample {
  const random = randomOf(seed, id)
  return {
    id,
    user: `u${between(random, 0, 49_999).toString(36).padStart(4, '0')}`,
    created: firstSecond + id * 7 + between(random, 0, 6),
    text: sentence(random, between(random, 6, 36)),
    score: Math.round(random() * 1e6) / 1e6,
    label: labels[between(random, 0, 3)] ?? 'neutral',
  }
}

export function sentence(random: () => number, words: number): string {
  vocabulary ??= makeVocabulary()
  const chosen: string[] = []
  for (let i = 0; i < words; i++) {
    // The third power of a uniform number: the first words are by far the most frequent.
    chosen.push(vocabulary[Math.floor(vocabularySize * random() ** 3)] ?? '')
  }
  return chosen.join(' ')
}

function makeVocabulary(): string[] {
  const random = seededNumbers('vocabulary')
  const word = (): string =>
    Array.from({ length: between(random, 1, 4) }, () => syllables[between(random, 0, 19)]).join('')
  return Array.from({ length: vocabularySize }, word)
}

/** A stream of numbers for one sample: a small generator (splitmix), as there are many samples. */
function randomOf(seed: string, id: number): () => number {
  let state = id
  for (const character of seed) state = Math.imul(state ^ character.charCodeAt(0), 0x01000193)
  return () => {
    state = (state + 0x9e3779b9) | 0
    let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad)
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97)
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32
  }
}
