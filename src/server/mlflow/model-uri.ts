/** `models:/NAME/VERSION`, `models:/NAME/STAGE`, `models:/NAME/latest` and `models:/NAME@ALIAS`. */

import type { RegisteredVersion } from '../../store/tracking/registry-results.ts'
import type { Tracking } from '../../store/tracking/tracking.ts'
import { requireModel, requireVersion, requireVersionByAlias } from './endpoint.ts'
import { doesNotExist, invalidParameter } from './mlflow-error.ts'
import { stageOfWire, wireStage } from './registry-wire.ts'

export function modelVersionOfUri(tracking: Tracking, uri: string): RegisteredVersion {
  const [, name = '', selector = ''] = /^models:\/([^/].*?)([@/][^/@]*)$/s.exec(uri) ?? []
  const word = selector.slice(1)
  if (name === '' || word === '') throw invalidParameter(`Not a proper models:/ URI: ${uri}.`)
  if (selector.startsWith('@')) return requireVersionByAlias(tracking, name, word)
  if (/^\d+$/.test(word)) return requireVersion(tracking, name, word)
  const { latest } = requireModel(tracking, name)
  const stage = stageOfWire(word)
  const found = latest
    .filter((version) => word.toLowerCase() === 'latest' || wireStage(version) === stage)
    .toSorted((a, b) => b.number - a.number)
  const [version] = found
  if (version === undefined) throw doesNotExist(`No version of model '${name}' is at '${word}'.`)
  return version
}
