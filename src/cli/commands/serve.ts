/** `mlstore serve`: parse, start the server, say where it is, wait to be stopped. */

import { invalidArgument } from '../../errors.ts'
import { type Command, count, defineCommand, flag, text } from '../command.ts'
import type { CliContext } from '../context.ts'

const tokenVariable = 'MLSTORE_SERVER_TOKEN'

export const command: Command = defineCommand({
  summary: "Serve MLflow's protocol over this store",
  details:
    'Programs that log with MLflow log into the store when MLFLOW_TRACKING_URI names the server: nothing else changes in them. The client of FrogML takes it for an Artifactory, whose models and data sets are packages of the store. It listens on this machine only, and on another address with a token, which clients give as MLFLOW_TRACKING_TOKEN. Ctrl-C or SIGTERM answers what was asked and ends.',
  options: {
    host: text('HOST', 'Address to listen on; default: 127.0.0.1'),
    port: count('PORT', 'Port to listen on, 0 for a free one; default: 5000'),
    token: text(
      'TOKEN',
      `What clients must show; better in ${tokenVariable}, as others see arguments`,
    ),
    insecure: flag('Listen without a token where others can reach it'),
    readOnly: flag('Change nothing'),
    init: flag('Make a store here if there is none'),
    log: flag('Write a line of JSON for each request to stderr'),
  },
  examples: [
    ['serve', 'Then: export MLFLOW_TRACKING_URI=http://127.0.0.1:5000'],
    ['serve --host 0.0.0.0 --port 8080', `For others, with ${tokenVariable} set`],
  ],
  async run(values, context) {
    const { host, port, insecure, readOnly } = values
    const { environment, shell } = context
    if (port !== undefined && port > 65_535) throw invalidArgument(`There is no port ${port}.`)
    if (values.init) await makeStore(context)
    await using store = await context.openStore()
    const token = values.token ?? environment.env[tokenVariable]
    const { version } = shell
    const onRequest = values.log
      ? (line: object): void => void shell.stderr.write(`${JSON.stringify(line)}\n`)
      : undefined
    const options = { host, port, token, insecure, readOnly, version, onRequest }
    const server = await shell.startServer({ ...options, store, environment })
    await shell.stderr.write(`Serving ${store.directory} at ${server.url}\n`)
    await shell.untilStopped()
    await server.close()
  },
})

async function makeStore({ environment, shell }: CliContext): Promise<void> {
  const library = await shell.loadLibrary()
  await library.initStore('.', environment)
}
