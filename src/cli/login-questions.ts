/** What `mlstore login` asks: the menus of FrogML's own login, and one for S3. */

import { invalidArgument } from '../errors.ts'
import type { LoginRequest } from '../store/login/requests.ts'
import type { AccountsApi } from './context.ts'
import type { Questions } from './questions.ts'

export const startMenu = [
  '1.Login by jfrog-cli configuration file: ~/.jfrog/jfrog-cli.conf.v6',
  '2.Connecting to a new server',
  '3.Connecting to an S3 endpoint',
] as const

const artifactoryMenu = [
  '0: Username and Password',
  '1: Access Token',
  '2: Anonymous Access',
] as const
const s3Menu = ['0: Access key and secret key', '1: Profile of the AWS CLI'] as const

/** Who is asked, and what is known already. */
export type Asking = {
  readonly accounts: Pick<AccountsApi, 'existing'>
  /** `undefined`: nobody sits there. */
  readonly questions: Questions | undefined
}

/**
 * Completes a request by configurations that are there and by asking.
 *
 * What is complete is not asked about. Where nobody can be asked the request stays as it is, and
 * the login says what is missing.
 *
 * @param interactive Asks from the start, whatever configurations there are.
 * @throws {MlstoreError} `INVALID_ARGUMENT` for `interactive` without a terminal; `INTERRUPTED`.
 */
export async function completeLogin(
  asking: Asking,
  request: LoginRequest,
  interactive: boolean,
): Promise<LoginRequest> {
  const { questions, accounts } = asking
  if (interactive) {
    if (questions === undefined) throw nobodyThere()
    return { ...request, ...(await askEverything(asking, questions, request)) }
  }
  if (saysHow(request)) {
    return questions === undefined
      ? request
      : { ...request, ...(await askHalf(questions, request)) }
  }
  if (request.url !== undefined) {
    return questions === undefined ? request : { ...request, ...(await askWay(questions)) }
  }
  const found = await accounts.existing(request)
  if (found !== undefined) {
    return { ...request, ...(await fromExisting(questions, found)) }
  }
  if (questions === undefined) return request
  return { ...request, ...(await askEverything(asking, questions, request)) }
}

function saysHow(request: LoginRequest): boolean {
  const { username, password, token, accessKeyId, secretAccessKey, sessionToken } = request
  const texts = [username, password, token, accessKeyId, secretAccessKey, sessionToken]
  const isSaid = [...texts, request.profile].some((text) => text !== undefined)
  return isSaid || request.anonymous === true
}

/** The secret half of a pair whose other half was given. */
async function askHalf(questions: Questions, request: LoginRequest): Promise<LoginRequest> {
  const { username, password, accessKeyId, secretAccessKey } = request
  if (username !== undefined && password === undefined) {
    return { password: await questions.secret('Password:') }
  }
  if (accessKeyId !== undefined && secretAccessKey === undefined) {
    return { secretAccessKey: await questions.secret('Secret key:') }
  }
  return {}
}

async function askEverything(
  { accounts }: Asking,
  questions: Questions,
  { url }: LoginRequest,
): Promise<LoginRequest> {
  const choice = await questions.choose('Please select from the following options:', startMenu)
  if (choice === 0) {
    const found = await accounts.existing({ existing: 'jfrog' })
    return found === undefined ? { existing: 'jfrog' } : fromExisting(questions, found)
  }
  if (choice === 2) return askKeys(questions, url)
  const server = url ?? (await questions.text('Enter artifactory base url:', problemOfUrl))
  return { url: server, ...(await askWay(questions)) }
}

async function fromExisting(
  questions: Questions | undefined,
  found: NonNullable<Awaited<ReturnType<AccountsApi['existing']>>>,
): Promise<LoginRequest> {
  const existing = found.source
  if (!found.lacksPassword || questions === undefined) return { existing }
  return { existing, password: await questions.secret(`Password of ${found.user ?? 'the user'}:`) }
}

async function askWay(questions: Questions): Promise<LoginRequest> {
  const message = 'Choose your preferred authentication option:'
  const choice = await questions.choose(message, artifactoryMenu)
  if (choice === 2) return { kind: 'artifactory', anonymous: true }
  if (choice === 1) return { token: await questions.secret('Access token:') }
  const username = await questions.text('Username:', problemOfEmpty)
  return { username, password: await questions.secret('Password:') }
}

async function askKeys(questions: Questions, known: string | undefined): Promise<LoginRequest> {
  const message = 'Enter the endpoint URL (empty for AWS):'
  const problemOf = (answer: string): string | undefined =>
    answer === '' ? undefined : problemOfUrl(answer)
  const answer = known ?? (await questions.text(message, problemOf))
  const url = answer === '' ? {} : { url: answer }
  const choice = await questions.choose('Choose your preferred authentication option:', s3Menu)
  if (choice === 1) return { ...url, profile: await questions.text('Profile:', problemOfEmpty) }
  const accessKeyId = await questions.text('Access key:', problemOfEmpty)
  return { ...url, accessKeyId, secretAccessKey: await questions.secret('Secret key:') }
}

function problemOfUrl(answer: string): string | undefined {
  return /^https?:\/\/[^/]/.test(answer)
    ? undefined
    : 'Write it as https://HOST or http://HOST:PORT.'
}

function problemOfEmpty(answer: string): string | undefined {
  return answer === '' ? 'It is empty.' : undefined
}

function nobodyThere(): Error {
  return invalidArgument(
    '--interactive needs a terminal to ask on.',
    'Give --url with --username and --password-stdin, --token-stdin or --anonymous.',
  )
}
