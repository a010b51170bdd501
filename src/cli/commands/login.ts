/** `mlstore login`: parse, take secrets from where they are, ask for the rest, call, print. */

import { invalidArgument } from '../../errors.ts'
import type { LoginRequest, ServerKind } from '../../store/login/requests.ts'
import { type Command, defineCommand, flag, text } from '../command.ts'
import type { Shell } from '../context.ts'
import { linesOf } from '../lines.ts'
import { completeLogin } from '../login-questions.ts'
import { renderLogin } from '../render/accounts.ts'

const kinds: readonly ServerKind[] = ['artifactory', 's3', 'store']

/** Options whose values other users of the machine can see while the command runs. */
const visibleSecrets = ['password', 'token', 'secretKey', 'sessionToken'] as const

export const command: Command = defineCommand({
  summary: 'Log in to an Artifactory, an S3 endpoint or a server of mlstore',
  details:
    'Asks the server before anything is saved; a password is exchanged for a token. What is saved lies in servers.json in $MLSTORE_CONFIG_DIR, else in ~/.config/mlstore, readable by you alone. Without options the configuration is used again that is there: a saved login (named by --name), ~/.frogml/config.json, ~/.jfrog/jfrog-cli.conf.v6, or a profile of the AWS CLI; without any, questions are asked on a terminal. What is saved is used by push, fetch and pull of S3 remotes with that endpoint, and by packages on that server.',
  options: {
    url: text('URL', 'The server; left out for S3 on AWS'),
    name: text('NAME', 'What to call it; default: its host'),
    kind: text('KIND', 'artifactory, s3 or store; default: what the credentials are for', {
      choices: kinds,
    }),
    username: text('USER', 'User name, with a password', { short: 'u' }),
    password: text('PASSWORD', 'Password; others on this machine can see it, --password-stdin not'),
    passwordStdin: flag('Read the password from stdin'),
    token: text('TOKEN', 'Access token; others on this machine can see it, --token-stdin not'),
    tokenStdin: flag('Read the token from stdin'),
    anonymous: flag('Log in to an Artifactory as nobody'),
    accessKey: text('KEY', 'Access key of an S3 endpoint, with a secret key'),
    secretKey: text('SECRET', 'Its secret key; others on this machine can see it'),
    secretKeyStdin: flag('Read the secret key from stdin; a second line is the session token'),
    sessionToken: text('TOKEN', 'Session token of temporary keys; others can see it'),
    profile: text('PROFILE', 'Profile of the AWS CLI; its keys stay there'),
    bucket: text('BUCKET', 'Bucket of S3 that must be listable'),
    interactive: flag('Ask for everything', 'i'),
    keepDefault: flag('Leave the default server as it is; else this one becomes it'),
  },
  examples: [
    [
      'login --url https://myorg.jfrog.io --username anna --password-stdin',
      'A password, exchanged for a token',
    ],
    ['login --url http://localhost:7480 --access-key K --secret-key-stdin', 'An S3 endpoint'],
    ['login --profile team', 'AWS, by the keys of its own tools'],
  ],
  async run(values, context) {
    const { output, signal, shell } = context
    for (const name of visibleSecrets.filter((each) => values[each] !== undefined)) {
      await output.note(warning(name))
    }
    const accounts = await context.openAccounts()
    const questions = await shell.loadQuestions?.()
    const given = { ...requestOf(values), ...(await secretOfStdin(values, shell)) }
    const request = await completeLogin({ accounts, questions }, given, values.interactive)
    const result = await accounts.login(request, { signal })
    await output.result(result, renderLogin)
    for (const note of result.notes) await output.note(note)
  },
})

type Given = {
  readonly url: string | undefined
  readonly name: string | undefined
  readonly kind: string | undefined
  readonly username: string | undefined
  readonly password: string | undefined
  readonly token: string | undefined
  readonly anonymous: boolean
  readonly accessKey: string | undefined
  readonly secretKey: string | undefined
  readonly sessionToken: string | undefined
  readonly profile: string | undefined
  readonly bucket: string | undefined
  readonly keepDefault: boolean
}

function requestOf(values: Given): LoginRequest {
  const { url, name, username, password, token, anonymous, sessionToken, profile, bucket } = values
  return {
    url,
    name,
    kind: kinds.find((kind) => kind === values.kind),
    username,
    password,
    token,
    anonymous,
    accessKeyId: values.accessKey,
    secretAccessKey: values.secretKey,
    sessionToken,
    profile,
    bucket,
    keepDefault: values.keepDefault,
  }
}

/** What can come by stdin: the option that asks for it, and the one it stands for. */
const byStdin = [
  { option: 'passwordStdin', instead: 'password', field: 'password', title: 'Password:' },
  { option: 'tokenStdin', instead: 'token', field: 'token', title: 'Access token:' },
  {
    option: 'secretKeyStdin',
    instead: 'secretKey',
    field: 'secretAccessKey',
    title: 'Secret key:',
  },
] as const

type StdinValues = Pick<Given, 'password' | 'token' | 'secretKey'> & {
  readonly [Option in (typeof byStdin)[number]['option']]: boolean
}

/** Of a terminal it is asked for instead, so that it is not shown. */
async function secretOfStdin(values: StdinValues, shell: Shell): Promise<LoginRequest> {
  const [wanted, second] = byStdin.filter(({ option }) => values[option])
  if (wanted === undefined) return {}
  if (second !== undefined) throw invalidArgument('Only one secret can be read from stdin.')
  if (values[wanted.instead] !== undefined) {
    throw invalidArgument('The secret is given twice: as an option and on stdin.')
  }
  const questions = await shell.loadQuestions?.()
  const [secret, sessionToken] =
    questions === undefined
      ? await firstLines(shell.stdin())
      : [await questions.secret(wanted.title)]
  const isPair = wanted.field === 'secretAccessKey' && sessionToken !== undefined
  return { [wanted.field]: secret, ...(isPair && { sessionToken }) }
}

async function firstLines(
  stdin: AsyncIterable<Uint8Array>,
): Promise<readonly [first: string, second?: string]> {
  const lines: string[] = []
  for await (const line of linesOf(stdin)) {
    lines.push(line.replace(/\r$/, ''))
    if (lines.length === 2) break
  }
  const [first = '', second = ''] = lines
  if (first === '') throw invalidArgument('The first line of stdin is empty: there is no secret.')
  return second === '' ? [first] : [first, second]
}

function warning(name: (typeof visibleSecrets)[number]): string {
  const options = {
    password: ['--password', 'Use --password-stdin'],
    token: ['--token', 'Use --token-stdin'],
    secretKey: ['--secret-key', 'Use --secret-key-stdin'],
    sessionToken: ['--session-token', 'Use --secret-key-stdin, with the token in a second line'],
  } as const
  const [option, instead] = options[name]
  return `${option} is visible in the list of processes and in the history of the shell. ${instead}.`
}
