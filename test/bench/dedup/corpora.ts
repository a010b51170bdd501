/** All corpora. A new one is a file in corpora/ and a line here. */

import { jsonLines } from './corpora/logs.ts'
import { pytorchModel, safetensorsModel } from './corpora/model.ts'
import { parquetTable } from './corpora/parquet.ts'
import { csvTable, sqliteTable } from './corpora/tables.ts'
import { tarShard } from './corpora/tar.ts'
import { wheelReleases } from './corpora/wheel.ts'
import type { Corpus } from './corpus.ts'

export const corpora: readonly Corpus[] = [
  safetensorsModel,
  pytorchModel,
  sqliteTable,
  csvTable,
  parquetTable,
  tarShard,
  wheelReleases,
  jsonLines,
]
