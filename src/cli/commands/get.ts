/** `mlstore get`: parse, call the store, print. */

import { type Command, defineCommand, flag, list, one, text } from '../command.ts'
import { renderGotten } from '../render/versions.ts'

export const command: Command = defineCommand({
  summary: 'Write a version, or parts of it, into the working tree',
  details:
    'Fetches what is not here. A version of one file is written to PATH itself, unless PATH ends in / or is a folder. Only files that mlstore wrote are replaced or removed; --force replaces others too.',
  positionals: { reference: one('type/name[@alias, label or digest]', 'reference') },
  options: {
    output: text('PATH', "Where to; default: the lock's path for the artifact, else ./NAME", {
      short: 'o',
      completes: 'path',
    }),
    path: list('SUB', 'Only this file, folder or glob of the version'),
    hardlink: flag('Share the bytes with the store: the files become read-only'),
    noLock: flag('Leave mlstore.lock and .gitignore alone'),
    force: flag('Replace files that mlstore did not write'),
  },
  examples: [
    ['get model/resnet@prod -o serve/model', 'The version that serves now'],
    ["get dataset/coco@v3 --path 'val/*.json'", 'Some files of a large data set'],
  ],
  async run({ reference, output, path, hardlink, noLock, force }, context) {
    await using store = await context.openStore()
    const { signal } = context
    const result = await store.get({
      reference,
      output,
      paths: path,
      hardlink,
      noLock,
      force,
      signal,
    })
    await context.output.result(result, renderGotten)
  },
})
