/**
 * `npm run test:seeds`: the tables of docs/seeds.md are true.
 *
 * Each row names a sentence of a documented system, our call that does it and the test that shows it.
 * For each call a copy of the repository is made in which the body of that method or function is
 * empty; the tests of its rows must fail there, each of them. So no row can name a test that would
 * pass without the call. `npm run test:seeds -- NAME` does only the calls whose name has NAME in it.
 */

import { spawn } from 'node:child_process'
import {
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join, relative } from 'node:path'

const copied = ['src', 'test', 'fixtures', 'docs', 'package.json', 'tsconfig.json']
const linked = ['node_modules', 'dist']
const wanted = process.argv.slice(2).find((argument) => !argument.startsWith('-')) ?? ''

const rows = readRows(readFileSync('docs/seeds.md', 'utf8'))
const calls = groupByCall(rows)
const queue = [...calls].filter(([call]) => call.includes(wanted))
const problems = []
let passed = 0

const workers = Array.from({ length: availableParallelism() }, () => work())
await Promise.all(workers)
for (const problem of problems) console.log(`not ok - ${problem}`)
console.log(`# pass ${passed}\n# fail ${problems.length}`)
process.exitCode = problems.length === 0 && passed > 0 ? 0 : 1

/** Takes calls from the queue, in a copy of the repository of its own. */
async function work() {
  const folder = mkdtempSync(join(tmpdir(), 'mlstore-seeds-'))
  try {
    for (const path of copied) cpSync(path, join(folder, path), { recursive: true })
    for (const path of linked) symlinkSync(join(process.cwd(), path), join(folder, path))
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      await checkCall(folder, ...next)
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function checkCall(folder, call, rowsOfCall) {
  const place = findCall(folder, call)
  if (place === undefined) {
    problems.push(`${call} is not in src/`)
    return
  }
  const original = readFileSync(place.path, 'utf8')
  writeFileSync(place.path, place.emptied)
  const failed = await failingTests(folder, rowsOfCall)
  writeFileSync(place.path, original)
  for (const { file, title } of distinct(rowsOfCall)) {
    if (failed.has(title)) passed += 1
    else problems.push(`${file}: "${title}" does not fail without ${call}`)
  }
}

/** The titles of those tests that fail, of all that the rows name. */
async function failingTests(folder, rowsOfCall) {
  const files = [...new Set(rowsOfCall.map(({ file }) => file))]
  const patterns = rowsOfCall.map(({ title }) => `--test-name-pattern=^${escaped(title)}$`)
  const options = ['--import', 'tsx', '--test', '--test-reporter=tap', '--test-timeout=120000']
  const output = await outputOf(folder, [...options, ...patterns, ...files])
  const lines = output.matchAll(/^ *not ok \d+ - (.*?)(?: # .*)?$/gm)
  return new Set(Array.from(lines, ([, title]) => title.replaceAll('\\#', '#')))
}

function outputOf(folder, programArguments) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, programArguments, {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    let output = ''
    child.stdout.setEncoding('utf8').on('data', (text) => (output += text))
    child.on('close', () => resolve(output))
  })
}

/** Rows of the tables: cells are separated by ` | `; a row that names no call or test is a problem. */
function readRows(text) {
  const lines = text.split('\n').filter((line) => /^\| *[^-\s]/.test(line))
  return lines
    .filter((line) => !/^\| *section *\|/.test(line))
    .flatMap((line) => {
      const cells = line.split(/(?<!\\)\|/).slice(1, -1)
      const call = /`([\w.#]+)`/.exec(cells[2] ?? '')?.[1]
      const test = /`(test\/[^`]+\.test\.ts)`:? *(.+?) *$/.exec(cells[4] ?? '')
      if (call !== undefined && test !== null) {
        const title = test[2].replaceAll('\\|', '|').replace(/^"(.*)"$/, '$1')
        return [{ call, file: test[1], title }]
      }
      problems.push(`a row names no call or no test: ${line}`)
      return []
    })
}

function groupByCall(list) {
  const groups = new Map()
  for (const row of list) groups.set(row.call, [...(groups.get(row.call) ?? []), row])
  return groups
}

function distinct(list) {
  return [...new Map(list.map((row) => [`${row.file} ${row.title}`, row])).values()]
}

function escaped(title) {
  return title.replaceAll(/[.*+?^${}()|[\]\\/]/g, '\\$&')
}

/** Where a method `Class.method` or a function is defined, and its file with that body empty. */
function findCall(folder, call) {
  const [owner, method] = call.split('.')
  const isMethod = method !== undefined
  const start = isMethod
    ? new RegExp(`^  (?:static )?(?:override )?(?:async )?(?:get )?\\*?${method}[(<]`)
    : new RegExp(`^export (?:async )?function\\*? ${owner}[(<]`)
  const ownerLine = new RegExp(`^(?:export )?(?:abstract )?class ${owner}\\b`)
  for (const path of sourceFiles(join(folder, 'src'))) {
    const lines = readFileSync(path, 'utf8').split('\n')
    const from = isMethod ? lines.findIndex((line) => ownerLine.test(line)) : 0
    if (from < 0) continue
    const first = lines.findIndex((line, index) => index >= from && start.test(line))
    if (first < 0) continue
    // The formatter's layout: the body opens at the end of a line and closes at the level of its start.
    const indent = isMethod ? '  ' : ''
    const opening = lines.findIndex(
      (line, index) =>
        index >= first && line.endsWith('{') && (index === first || line.startsWith(`${indent})`)),
    )
    const closing = lines.findIndex((line, index) => index > opening && line === `${indent}}`)
    if (opening < 0 || closing < 0) continue
    const emptied = [...lines.slice(0, opening + 1), ...lines.slice(closing)].join('\n')
    return { path, emptied, at: `${relative(folder, path)}:${first + 1}` }
  }
  return undefined
}

function sourceFiles(folder) {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => join(entry.parentPath, entry.name))
}
