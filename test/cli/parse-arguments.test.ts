/** Arguments become exactly the values a command declares, or an error that names the argument. */

import * as fc from 'fast-check'
import assert from 'node:assert/strict'
import { test } from 'node:test'

import { count, flag, list, many, one, optional, some, text } from '../../src/cli/command.ts'
import { parseArguments, takeWord, wantsHelp, wantsJson } from '../../src/cli/parse-arguments.ts'

const command = {
  positionals: { reference: one('The version'), path: many('Files') },
  options: {
    label: text('LABEL', 'Its name'),
    output: text('PATH', 'Where to', { short: 'o' }),
    mode: text('MODE', 'How', { choices: ['fast', 'safe'] }),
    number: count('N', 'How many', { short: 'n' }),
    tag: list('K=V', 'A tag'),
    noLock: flag('No lock'),
    recursive: flag('All', 'r'),
  },
}
const parse = (...argv: string[]): Record<string, unknown> => ({ ...parseArguments(argv, command) })
const refuses = (argv: string[], message: RegExp, hint?: RegExp): void => {
  assert.throws(() => parse(...argv), { code: 'INVALID_ARGUMENT', message, ...(hint && { hint }) })
}

test('gives every option a value, used or not', () => {
  assert.deepEqual(parse('model/a'), {
    reference: 'model/a',
    path: [],
    label: undefined,
    output: undefined,
    mode: undefined,
    number: undefined,
    tag: [],
    noLock: false,
    recursive: false,
    store: undefined,
    json: false,
    format: undefined,
    quiet: false,
    noProgress: false,
    help: false,
  })
})

test('takes options before, between and after the positionals', () => {
  const values = parse('--no-lock', 'model/a', '-o', 'out', 'x', '--label=v1', 'y', '-rqn5')
  assert.deepEqual(values['path'], ['x', 'y'])
  assert.deepEqual(values['output'], 'out')
  assert.deepEqual(values['label'], 'v1')
  assert.deepEqual(values['number'], 5)
  assert.deepEqual([values['noLock'], values['recursive'], values['quiet']], [true, true, true])
})

test('gives a repeated option one value each time, and never a positional', () => {
  const values = parse('--tag', 'a=1', 'model/a', '--tag', 'b=2', 'file')
  assert.deepEqual(values['tag'], ['a=1', 'b=2'])
  assert.deepEqual(values['path'], ['file'])
})

test('takes everything after -- as it is', () => {
  assert.deepEqual(parse('model/a', '--', '--label', '-r')['path'], ['--label', '-r'])
})

test('leaves numbers, digests and labels as text', () => {
  assert.equal(parse('model/a', '--label', '1e10')['label'], '1e10')
  assert.equal(parse('00420000')['reference'], '00420000')
})

test('accepts a value that starts with a dash when it is joined to its option', () => {
  assert.equal(parse('model/a', '--label=-1')['label'], '-1')
  assert.equal(parse('model/a', '-o-')['output'], '-')
  assert.equal(parse('model/a', '-o', '-')['output'], '-')
})

test('refuses an unknown option and names the one that was meant', () => {
  refuses(['model/a', '--lable', 'v1'], /Unknown option --lable/, /--label\?/)
  refuses(['model/a', '-z'], /Unknown option -z/)
  refuses(['model/a', '--constructor'], /Unknown option/)
})

test('refuses a value where none belongs, and none where one does', () => {
  refuses(['model/a', '--no-lock=yes'], /takes no value/)
  refuses(['model/a', '--label'], /--label needs a value: LABEL/)
  refuses(['model/a', '--label', '--no-lock'], /needs a value/, /--label=--no-lock/)
  refuses(['model/a', '-o', '-r'], /needs a value/, /-o-r/)
})

test('refuses an option with one value that is given twice', () => {
  refuses(['model/a', '--label', 'a', '--label', 'b'], /more than once/)
})

test('refuses a value that is none of the choices', () => {
  assert.equal(parse('model/a', '--mode', 'safe')['mode'], 'safe')
  refuses(['model/a', '--mode', 'fats'], /fast, safe; got "fats"/, /fast\?/)
})

test('refuses what is no whole number', () => {
  for (const wrong of ['1.5', 'ten', '0x10', '', '99999999999999999999']) {
    refuses(['model/a', `--number=${wrong}`], /takes a whole number/)
  }
})

test('says which positional is missing, and which word is too many', () => {
  refuses([], /REFERENCE is missing: the version/)
  const pair = { positionals: { from: one('From'), to: optional('To') } }
  assert.throws(() => parseArguments(['a', 'b', 'c'], pair), { message: /Unexpected argument "c"/ })
  assert.deepEqual(parseArguments(['a'], pair)['to'], undefined)
})

test('wants at least one of some', () => {
  const tags = { positionals: { target: one('Target'), tag: some('KEY=VALUE') } }
  assert.throws(() => parseArguments(['t'], tags), { message: /TAG is missing/ })
  assert.deepEqual(parseArguments(['t', 'a=1', 'b=2'], tags)['tag'], ['a=1', 'b=2'])
})

test('gives back any values that were written joined or after --', () => {
  const anyText = fc.string({ unit: 'binary' })
  fc.assert(
    fc.property(fc.array(anyText), fc.array(anyText), anyText, (tags, paths, label) => {
      const options = [...tags.map((tag) => `--tag=${tag}`), `--label=${label}`]
      const values = parse('model/a', ...options, '--', ...paths)
      assert.deepEqual(values['tag'], tags)
      assert.deepEqual(values['path'], paths)
      assert.equal(values['label'], label)
    }),
  )
})

test('never fails in another way than with INVALID_ARGUMENT', () => {
  const word = fc.oneof(
    fc.string(),
    fc.constantFrom('--', '-', '--tag', '--label', '-o', '-n', '-r', '--json', '--format', '--no-'),
  )
  fc.assert(
    fc.property(fc.array(word), (argv) => {
      try {
        parse(...argv)
      } catch (error) {
        assert.equal((error as { code?: string }).code, 'INVALID_ARGUMENT')
      }
    }),
  )
})

test('finds the command behind global options and their values', () => {
  assert.deepEqual(takeWord(['--store', 'DIR', '--json', 'log', 'x']), {
    word: 'log',
    rest: ['--store', 'DIR', '--json', 'x'],
  })
  assert.deepEqual(takeWord(['--store=DIR', 'log'])?.word, 'log')
  assert.equal(takeWord(['--project-name', 'x', '--run_name', 'y', 'upload'])?.word, 'upload')
  assert.equal(takeWord(['--json']), undefined)
  assert.equal(takeWord(['--', 'log']), undefined)
})

test('sees a wish for help or JSON before the arguments are understood', () => {
  assert.ok(wantsHelp(['log', '-h']))
  assert.ok(!wantsHelp(['add', '--', '--help']))
  assert.ok(wantsJson(['nonsense', '--format', 'json']))
  assert.ok(wantsJson(['--format=json']))
  assert.ok(!wantsJson(['--format', 'text']))
})

test('reads an underscore in the name of an option as a hyphen, and nowhere else', () => {
  assert.equal(parse('model/a', '--no_lock')['noLock'], true)
  assert.deepEqual(parse('model/a', '--tag=a_b=c_d')['tag'], ['a_b=c_d'])
  assert.deepEqual(parse('model/a', '--', '--no_lock', 'x_y')['path'], ['--no_lock', 'x_y'])
  refuses(['--no_look'], /Unknown option --no-look/, /--no-lock/)
})
