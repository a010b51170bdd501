/** `mlstore model`: models as packages. */

import type { CommandGroup } from '../command.ts'
import { downloadModel } from './packages/download.ts'
import { infoOf, listOf } from './packages/look.ts'
import { uploadModel } from './packages/upload.ts'

export const command: CommandGroup = {
  summary: 'Models as named packages, in a store or in an Artifactory',
  subcommands: {
    upload: uploadModel,
    download: downloadModel,
    info: infoOf('model'),
    list: listOf('model'),
  },
}
