/**
 * A reporter of node:test for logs that are read when something failed: output and failing names
 * while it runs, then a line a file, the notes of tests (seeds, measured figures), every failure
 * in full, and the counts, which .ci/run adds up.
 */

import { relative } from 'node:path'

// oxlint-disable-next-line import/no-default-export -- node:test takes the default export
export default async function* compactReporter(source) {
  const summary = new Summary()
  for await (const { type, data } of source) {
    if (type === 'test:stderr' || type === 'test:stdout') yield data.message
    else if (type === 'test:diagnostic') summary.note(data)
    else if (type === 'test:pass') summary.ended('pass', data)
    else if (type === 'test:fail') {
      summary.ended('fail', data)
      if (data.nesting === 0) yield `FAILED ${data.name}\n`
    }
  }
  yield* summary.lines()
}

class Summary {
  #counts = { pass: 0, fail: 0, skipped: 0, todo: 0 }
  #files = new Map()
  #failures = []
  #notes = []

  ended(outcome, data) {
    this.#count(outcome, data)
    if (data.nesting === 0) this.#addToFile(data)
    // A test that fails only because one inside it did is not shown again.
    const isCause = data.details.error?.failureType !== 'subtestsFailed'
    if (outcome === 'fail' && isCause) this.#failures.push(data)
  }

  /** The runner's own notes, which belong to no file, repeat the counts. */
  note({ file, message }) {
    if (file !== undefined) this.#notes.push(`note: ${shortPath(file)}: ${message}\n`)
  }

  *lines() {
    for (const [file, { tests, milliseconds }] of this.#files) {
      yield `${shortPath(file)}: ${tests} tests, ${(milliseconds / 1000).toFixed(1)} s\n`
    }
    yield* this.#notes
    for (const failure of this.#failures) yield failureText(failure)
    for (const [name, number] of Object.entries(this.#counts)) yield `# ${name} ${number}\n`
  }

  #count(outcome, { details, skip, todo }) {
    if (details.type === 'suite') return
    if (skip !== undefined) this.#counts.skipped++
    else if (todo !== undefined) this.#counts.todo++
    else this.#counts[outcome]++
  }

  #addToFile({ file, details }) {
    const known = this.#files.get(file) ?? { tests: 0, milliseconds: 0 }
    known.tests++
    known.milliseconds += details.duration_ms
    this.#files.set(file, known)
  }
}

function failureText({ file, line, name, details }) {
  const cause = details.error?.cause ?? details.error
  const text = cause?.stack ?? cause?.message ?? String(cause)
  return `\nFAILED ${shortPath(file)}:${line ?? 0} ${name}\n${text}\n\n`
}

function shortPath(file) {
  return file === undefined ? 'unknown file' : relative(process.cwd(), file)
}
