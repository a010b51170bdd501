/**
 * The S3 server that the S3 suite and the bench use, and buckets of their own on it.
 *
 * MLSTORE_TEST_S3_ENDPOINT names the server; MLSTORE_TEST_S3_ACCESS_KEY_ID and
 * MLSTORE_TEST_S3_SECRET_ACCESS_KEY the keys, by default those of test/support/ceph-rgw.
 */

import {
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  ListObjectsV2Command,
  S3Client,
} from '@aws-sdk/client-s3'
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'

export class S3Place {
  readonly endpointUrl: string
  readonly #accessKeyId: string
  readonly #secretAccessKey: string

  constructor(endpointUrl: string, keys: { accessKeyId: string; secretAccessKey: string }) {
    this.endpointUrl = endpointUrl
    this.#accessKeyId = keys.accessKeyId
    this.#secretAccessKey = keys.secretAccessKey
  }

  /** The server that the environment names; `undefined` when it names none. */
  static fromEnvironment(): S3Place | undefined {
    const endpointUrl = process.env['MLSTORE_TEST_S3_ENDPOINT']
    if (endpointUrl === undefined || endpointUrl === '') return undefined
    const ofCeph = 'mlstore-test'
    return new S3Place(endpointUrl, {
      accessKeyId: process.env['MLSTORE_TEST_S3_ACCESS_KEY_ID'] ?? ofCeph,
      secretAccessKey: process.env['MLSTORE_TEST_S3_SECRET_ACCESS_KEY'] ?? ofCeph,
    })
  }

  /** @throws {AssertionError} When there is no server: the S3 suite never passes for want of one. */
  static required(): S3Place {
    const place = S3Place.fromEnvironment()
    assert.ok(place, 'MLSTORE_TEST_S3_ENDPOINT is not set; `npm run test:s3` sets it')
    return place
  }

  /** Variables that let the command use the server. */
  get credentials(): NodeJS.ProcessEnv {
    return {
      MLSTORE_S3_ACCESS_KEY_ID: this.#accessKeyId,
      MLSTORE_S3_SECRET_ACCESS_KEY: this.#secretAccessKey,
    }
  }

  /** What a remote of DVC has to know. */
  get dvcSettings(): Readonly<Record<string, string>> {
    return {
      endpointurl: this.endpointUrl,
      access_key_id: this.#accessKeyId,
      secret_access_key: this.#secretAccessKey,
    }
  }

  /** A plain client, set up like any user of the SDK would for a server of their own. */
  client(): S3Client {
    return new S3Client({
      endpoint: this.endpointUrl,
      region: 'us-east-1',
      forcePathStyle: true,
      credentials: { accessKeyId: this.#accessKeyId, secretAccessKey: this.#secretAccessKey },
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
    })
  }

  /** Makes a bucket; `remove` empties and deletes it. */
  async bucket(): Promise<Bucket> {
    const name = `mlstore-${randomBytes(6).toString('hex')}`
    const client = this.client()
    await client.send(new CreateBucketCommand({ Bucket: name }))
    return new Bucket(name, client)
  }
}

export class Bucket implements AsyncDisposable {
  readonly name: string
  readonly client: S3Client

  constructor(name: string, client: S3Client) {
    this.name = name
    this.client = client
  }

  /** Keys below a prefix with their sizes, sorted. */
  async objects(prefix = ''): Promise<{ readonly key: string; readonly sizeBytes: number }[]> {
    const found: { key: string; sizeBytes: number }[] = []
    let token: string | undefined
    do {
      const page = await this.client.send(
        new ListObjectsV2Command({ Bucket: this.name, Prefix: prefix, ContinuationToken: token }),
      )
      for (const { Key, Size } of page.Contents ?? []) {
        found.push({ key: Key ?? '', sizeBytes: Size ?? 0 })
      }
      token = page.NextContinuationToken
    } while (token !== undefined)
    return found
  }

  async remove(): Promise<void> {
    for (const { key } of await this.objects()) {
      await this.client.send(new DeleteObjectCommand({ Bucket: this.name, Key: key }))
    }
    await this.client.send(new DeleteBucketCommand({ Bucket: this.name }))
    this.client.destroy()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.remove()
  }
}
