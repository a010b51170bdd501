/** The S3 remote, by the real SDK against the test server, is a remote like any other. */

import { remoteContract } from '../../contracts/remote.ts'
import { S3Server } from '../../support/s3-server/server.ts'
import { openAt } from './open.ts'

remoteContract('an S3 remote', async () => {
  const server = await S3Server.start({ pageSize: 100 })
  const remote = await openAt(server)
  const again = await openAt(server)
  return {
    remote,
    again,
    close: async () => {
      await remote.close()
      await again.close()
      await server.close()
    },
  }
})

remoteContract(
  'an S3 remote at the top of a bucket',
  async () => {
    const server = await S3Server.start()
    const remote = await openAt(server, { settings: { url: `s3://${server.bucket}` } })
    return {
      remote,
      close: async () => {
        await remote.close()
        await server.close()
      },
    }
  },
  { manyObjects: 50 },
)
