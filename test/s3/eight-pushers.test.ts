/** Eight processes that push to one bucket at the same time, 20 versions each. */

import { test } from 'node:test'

import { assertNothingLost } from '../support/pushers.ts'
import { S3Place } from '../support/s3-place.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const place = S3Place.required()

test('eight processes pushing at once to one bucket lose and double nothing', async (context) => {
  const bucket = await place.bucket()
  context.after(() => bucket.remove())
  await assertNothingLost({
    folder: temporaryFolder(context),
    writers: 8,
    url: `s3://${bucket.name}/shared`,
    flags: ['--endpoint-url', place.endpointUrl],
    credentials: place.credentials,
  })
})
