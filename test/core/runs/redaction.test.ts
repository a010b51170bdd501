/** `redact` hides what is secret and leaves alone what only looks like it. */

import assert from 'node:assert/strict'
import { test } from 'node:test'

import {
  isSecretName,
  redact,
  redactArguments,
  secretsIn,
  withoutCredentials,
} from '../../../src/core/runs/redaction.ts'

const secret = 'pl4nted/Secret+Value="x"'
const none = secretsIn({})

test('names that hold secrets are known, and those that only sound like it are not', () => {
  const secrets = [
    'GITHUB_TOKEN',
    'HF_TOKEN',
    'DB_PASSWORD',
    'PGPASSWORD',
    'apiKey',
    'OPENAI_API_KEY',
    'api-key',
    'AWS_SECRET_ACCESS_KEY',
    'AWS_ACCESS_KEY_ID',
    'AWS_SESSION_TOKEN',
    'MLSTORE_S3_SECRET_X',
    'CLIENT_SECRET',
    'SSH_PRIVATE_KEY',
    'WANDB_API_KEY',
    'SENTRY_DSN',
    'clientSecret',
    'ENCRYPTION_KEY',
  ]
  for (const name of secrets) assert.ok(isSecretName(name), name)
  const harmless = [
    'PATH',
    'PWD',
    'OLDPWD',
    'compat',
    'key',
    'HOME',
    'TOKENIZERS_PARALLELISM',
    'tokenizer',
    'max_tokens',
    'KEYBOARD',
    'AWS_REGION',
    'SECRETARY',
    'monkey',
    'PASSWORD_FILE',
    'author',
  ]
  for (const name of harmless) assert.ok(!isSecretName(name), name)
})

test('the value of a secret variable is masked in every form it is written in', () => {
  const secrets = secretsIn({ DEPLOY_TOKEN: secret, HOME: '/home/anna' })
  const forms = [
    secret,
    encodeURIComponent(secret),
    JSON.stringify({ text: secret }),
    Buffer.from(secret).toString('base64'),
  ]
  for (const form of forms) {
    const masked = redact(`before ${form} after /home/anna`, secrets)
    assert.ok(!masked.includes('pl4nted') && !masked.includes(form), masked)
    assert.match(masked, /^before .*\*\*\*.* after \/home\/anna$/)
  }
})

test('each line of a secret of several lines is masked', () => {
  const secrets = secretsIn({ SSH_PRIVATE_KEY: '-----BEGIN X-----\nabcdefgh\nijklmnop\n' })
  assert.equal(redact('x ijklmnop y', secrets), 'x *** y')
})

test('a secret that is part of another one leaves nothing of it', () => {
  const secrets = secretsIn({ A_TOKEN: 'abcdef', B_TOKEN: 'abcdefghij' })
  assert.equal(redact('abcdefghij', secrets), '***')
})

test('short values are not taken for secrets: they would be found in innocent words', () => {
  assert.equal(redact('a dev server', secretsIn({ DB_PASSWORD: 'dev' })), 'a dev server')
})

test('passwords in URLs of any variable are secrets', () => {
  const secrets = secretsIn({ DATABASE_URL: 'postgres://anna:hunter2000@db/x' })
  assert.equal(redact('password is hunter2000', secrets), 'password is ***')
  assert.equal(redact('git clone https://ghuser@host/x', none), 'git clone https://***@host/x')
})

test('tokens are known by their form', () => {
  const tokens = [
    `ghp_${'a1'.repeat(18)}`,
    `github_pat_${'a1'.repeat(20)}`,
    `glpat-${'a1'.repeat(10)}`,
    `hf_${'aB'.repeat(17)}`,
    'AKIAIOSFODNN7EXAMPLE',
    `eyJ${'a'.repeat(20)}.eyJ${'b'.repeat(20)}.${'c'.repeat(30)}`,
  ]
  for (const token of tokens) assert.equal(redact(`x ${token} y`, none), 'x *** y')
  assert.equal(redact('Authorization: Bearer abcdefgh12345678', none), 'Authorization: Bearer ***')
})

test('what a patch gives to a name that says so is masked, and code is left alone', () => {
  const masked = redact(
    ['+api_key = "s3cr3t value"', "+  'password': 'hunter2'", '+DB_PASSWORD=hunter2000'].join('\n'),
    none,
  )
  assert.equal(masked, ['+api_key = "***"', "+  'password': '***'", '+DB_PASSWORD=***'].join('\n'))
  const code = [
    '+tokenizer = AutoTokenizer.from_pretrained("bert-base")',
    '+max_tokens: 1000000',
    '+token = tokens[i]',
    '+const key = "name"',
    '+password = os.environ["PASSWORD"]',
  ].join('\n')
  assert.equal(redact(code, none), code)
})

test('private keys are masked whole, also when their end is cut off', () => {
  const key = '-----BEGIN RSA PRIVATE KEY-----\nMIIabc\ndef\n-----END RSA PRIVATE KEY-----'
  assert.ok(!redact(`x\n${key}\ny`, none).includes('MIIabc'))
  assert.ok(!redact(key.slice(0, 45), none).includes('MIIabc'))
})

test('arguments that name a secret are masked', () => {
  const command = ['curl', '--token', 'abc', '--password=abc', 'API_KEY=abc', '--name', 'abc', '-u']
  assert.deepEqual(redactArguments(command, none), [
    'curl',
    '--token',
    '***',
    '--password=***',
    'API_KEY=***',
    '--name',
    'abc',
    '-u',
  ])
  assert.deepEqual(redactArguments(['--token', '--verbose', 'x'], none), [
    '--token',
    '--verbose',
    'x',
  ])
})

test('a remote keeps host and path and loses user, password and query', () => {
  assert.equal(withoutCredentials('https://u:p@host/o/r.git?x=y#z'), 'https://host/o/r.git')
  assert.equal(withoutCredentials('https://tok@host/o/r'), 'https://host/o/r')
  assert.equal(withoutCredentials('git@github.com:o/r.git'), 'git@github.com:o/r.git')
  assert.equal(withoutCredentials('/srv/git/r'), '/srv/git/r')
})

test('no text of megabytes takes long or exhausts the stack, not even one made for that', () => {
  const secrets = secretsIn({ A_TOKEN: 'abcdefghijkl' })
  const patterns = [
    '+token = "abcdefgh" and more text of a line\n',
    'a.',
    'a-',
    'eyJ',
    'a ',
    'token="',
    'http://',
    '?a-',
    '-----BEGIN ',
    '-----BEGIN X PRIVATE KEY-----',
    'TOKEN=',
    'password: \n',
  ]
  for (const pattern of patterns) {
    const text = pattern.repeat(2_000_000 / pattern.length)
    const begin = performance.now()
    redact(text, secrets)
    const took = performance.now() - begin
    assert.ok(took < 5000, `${JSON.stringify(pattern)} took ${took} ms`)
  }
  redact(`token="${'\\a'.repeat(2_000_000)}`, secrets)
  redact(`TOKEN=${'x'.repeat(5_000_000)}`, secrets)
})
