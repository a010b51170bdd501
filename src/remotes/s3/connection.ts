/**
 * One client of the AWS SDK, made for one remote.
 *
 * The SDK's own retries are off (`maxAttempts: 1`) for every request: a conditional write that
 * it repeated after a lost answer would report the caller's own success as a lost race, and the
 * rest is retried by `retrying.ts`, which knows this project's deadlines. Two answers are set
 * right here, since nothing was done and asking once more is safe for every request: a wrong
 * region, when the answer names the right one, and a clock that is wrong by more than the
 * server forgives (the SDK has learned the difference from the answer).
 *
 * The SDK takes 0.1 s to load, so it is loaded by the first remote that is opened.
 */

import type * as S3Sdk from '@aws-sdk/client-s3'
import type { S3Client, S3ClientConfig } from '@aws-sdk/client-s3'
import { readFileSync } from 'node:fs'
import { Agent as HttpAgent } from 'node:http'
import { createSecureContext, rootCertificates } from 'node:tls'

import { MlstoreError, throwIfAborted } from '../../errors.ts'
import type { CredentialChoice } from './credentials.ts'
import { defaultRegion, type Environment, type S3Endpoint } from './endpoint.ts'
import { isClockError, regionToldBy, type RequestContext, s3Error } from './errors.ts'
import {
  type ProxyChooser,
  proxyChooser,
  proxyHeaders,
  proxyPort,
  ProxyingHttpsAgent,
} from './proxy.ts'

type Sdk = typeof S3Sdk

export type NetworkLimits = {
  /** Connections kept open to the store. */
  readonly socketsMax: number
  readonly connectTimeoutMs: number
  /** The longest silence while a request is sent or its answer awaited. */
  readonly silenceMsMax: number
  /** The longest silence in the middle of a body. */
  readonly stallMs: number
}

export const defaultNetworkLimits: NetworkLimits = {
  socketsMax: 64,
  connectTimeoutMs: 10_000,
  silenceMsMax: 60_000,
  stallMs: 30_000,
}

export type ConnectionParts = {
  readonly endpoint: S3Endpoint
  readonly credentials: CredentialChoice
  /** Asked for the region where nobody else says it. */
  readonly profile: string | undefined
  readonly env: Environment
  readonly limits: NetworkLimits
}

/** What a request is given: the client, the SDK's commands, and the options of `send`. */
export type Exchange = {
  readonly client: S3Client
  readonly sdk: Sdk
  readonly options: { readonly abortSignal?: AbortSignal }
}

export class S3Connection {
  readonly limits: NetworkLimits
  readonly #client: S3Client
  readonly #sdk: Sdk
  readonly #region: Region

  readonly #address: string | undefined

  constructor(client: S3Client, sdk: Sdk, { region, limits, address }: ConnectionFacts) {
    this.limits = limits
    this.#address = address
    this.#client = client
    this.#sdk = sdk
    this.#region = region
  }

  /**
   * Sends one request and translates what goes wrong.
   *
   * @param context What is asked, for messages and for the meaning of an error.
   */
  async send<Answer>(
    context: RequestContext,
    request: (exchange: Exchange) => Promise<Answer>,
  ): Promise<Answer> {
    const { signal } = context
    throwIfAborted(signal)
    const exchange: Exchange = {
      client: this.#client,
      sdk: this.#sdk,
      options: signal === undefined ? {} : { abortSignal: signal },
    }
    try {
      return await request(exchange).catch((error: unknown) => {
        if (!this.#isSetRight(error)) throw error
        return request(exchange)
      })
    } catch (error) {
      throwIfAborted(signal)
      throw s3Error(error, { address: this.#address, ...context })
    }
  }

  /** Closes the connections. */
  close(): void {
    this.#client.destroy()
  }

  #isSetRight(error: unknown): boolean {
    const told = regionToldBy(error)
    if (told === undefined || told === this.#region.name) return isClockError(error)
    this.#region.name = told
    return true
  }
}

/** Held in an object because it may turn out to be another one. */
type Region = { name: string }

type ConnectionFacts = {
  readonly region: Region
  readonly limits: NetworkLimits
  /** The endpoint, for messages; AWS has many. */
  readonly address: string | undefined
}

/** @throws {MlstoreError} `INVALID_ARGUMENT` for a CA bundle that cannot be read. */
export async function openConnection(parts: ConnectionParts): Promise<S3Connection> {
  const { endpoint, credentials, env, limits } = parts
  const choose = proxyChooser(env)
  const agents = openAgents(endpoint, limits, choose)
  const sdk = await import('@aws-sdk/client-s3')
  const region: Region = { name: endpoint.region ?? defaultRegion }
  const profile = parts.profile === undefined ? {} : { profile: parts.profile }
  const config: S3ClientConfig = {
    ...profile,
    ...(endpoint.url === undefined ? {} : { endpoint: endpoint.url }),
    ...(await signing(credentials)),
    forcePathStyle: endpoint.pathStyle,
    maxAttempts: 1,
    // The server may check what arrives: AWS by CRC-32, the others by the signature's SHA-256.
    requestChecksumCalculation: endpoint.isAws ? 'WHEN_SUPPORTED' : 'WHEN_REQUIRED',
    // What comes back is checked against its digest by whoever asked.
    responseChecksumValidation: 'WHEN_REQUIRED',
    // Waiting for "100 Continue" halves the speed of uploads, and a refusal is met earlier, by
    // the reads that each command begins with.
    expectContinueHeader: false,
    requestHandler: {
      ...agents,
      connectionTimeout: limits.connectTimeoutMs,
      socketTimeout: limits.silenceMsMax,
    },
  }
  if (endpoint.region === undefined) region.name = await regionOfProfile(sdk, profile)
  const client = new sdk.S3Client({ ...config, region: async () => region.name })
  if (endpoint.url?.startsWith('http:') === true) sendThroughHttpProxy(client, choose)
  return new S3Connection(client, sdk, { region, limits, address: endpoint.url })
}

/** The credentials part of the SDK's configuration. */
async function signing(choice: CredentialChoice): Promise<S3ClientConfig> {
  if (choice.kind === 'static') {
    const { accessKeyId, secretAccessKey, sessionToken } = choice.credentials
    const token = sessionToken === undefined ? {} : { sessionToken }
    return { credentials: { accessKeyId, secretAccessKey, ...token } }
  }
  if (choice.kind === 'anonymous') {
    return {
      credentials: { accessKeyId: '', secretAccessKey: '' },
      signer: { sign: async (request) => request },
    }
  }
  const { fromNodeProviderChain } = await import('@aws-sdk/credential-providers')
  const profile = choice.kind === 'profile' ? { profile: choice.profile } : {}
  return { credentials: fromNodeProviderChain(profile) }
}

/** The region in `~/.aws/config`, else the one that can tell where a bucket is. */
async function regionOfProfile(sdk: Sdk, profile: S3ClientConfig): Promise<string> {
  const client = new sdk.S3Client(profile)
  try {
    return await client.config.region()
  } catch {
    return defaultRegion
  } finally {
    client.destroy()
  }
}

type Agents = { readonly httpAgent: HttpAgent; readonly httpsAgent: ProxyingHttpsAgent }

function openAgents(endpoint: S3Endpoint, limits: NetworkLimits, choose: ProxyChooser): Agents {
  const options = { keepAlive: true, maxSockets: limits.socketsMax }
  // Made once: it parses some 150 certificates, which would slow each connection down.
  const trust =
    endpoint.caBundle === undefined
      ? {}
      : { secureContext: createSecureContext({ ca: trusted(endpoint.caBundle) }) }
  return {
    httpAgent: new HttpAgent(options),
    httpsAgent: new ProxyingHttpsAgent(choose, { ...options, ...trust }),
  }
}

/** The usual authorities and those of the bundle. */
function trusted(path: string): string[] {
  try {
    const bundle = readFileSync(path, 'utf8')
    if (bundle.includes('-----BEGIN CERTIFICATE-----')) return [...rootCertificates, bundle]
  } catch (cause) {
    throw badBundle(path, 'cannot be read', cause)
  }
  throw badBundle(path, 'holds no certificate')
}

function badBundle(path: string, why: string, cause?: unknown): MlstoreError {
  return new MlstoreError('INVALID_ARGUMENT', `The CA bundle ${path} ${why}.`, {
    hint: 'Give --ca-bundle, or AWS_CA_BUNDLE, the path of a PEM file.',
    cause,
  })
}

/** Plain http goes to the proxy as it is, with the whole URL in the place of the path. */
function sendThroughHttpProxy(client: S3Client, choose: ProxyChooser): void {
  client.middlewareStack.add(
    (next) => async (step) => {
      const { request } = step
      if (!isPlainRequest(request)) return next(step)
      const { hostname, port = 80, path, headers } = request
      const proxy = choose({ isHttps: false, host: hostname, port })
      if (proxy === undefined) return next(step)
      request.path = `http://${hostname}:${port}${path}`
      request.hostname = proxy.hostname
      request.port = proxyPort(proxy)
      request.protocol = proxy.protocol
      request.headers = { ...headers, ...proxyHeaders(proxy) }
      return next(step)
    },
    // After the signature, which covers the path and the host that were asked for.
    { step: 'deserialize', priority: 'low', name: 'mlstoreHttpProxy' },
  )
}

type PlainRequest = {
  protocol: string
  hostname: string
  port?: number | undefined
  path: string
  headers: Record<string, string>
}

function isPlainRequest(request: unknown): request is PlainRequest {
  return (
    typeof request === 'object' &&
    request !== null &&
    'hostname' in request &&
    'protocol' in request &&
    request.protocol === 'http:'
  )
}
