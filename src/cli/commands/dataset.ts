/** `mlstore dataset`: data sets as packages. */

import type { CommandGroup } from '../command.ts'
import { downloadDataset } from './packages/download.ts'
import { infoOf, listOf } from './packages/look.ts'
import { uploadDataset } from './packages/upload.ts'

export const command: CommandGroup = {
  summary: 'Data sets as named packages, in a store or in an Artifactory',
  subcommands: {
    upload: uploadDataset,
    download: downloadDataset,
    info: infoOf('dataset'),
    list: listOf('dataset'),
  },
}
