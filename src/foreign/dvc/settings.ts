/** DVC's settings of a repository: `.dvc/config` and, on top of it, `.dvc/config.local`. */

import { isAbsolute, join, resolve } from 'node:path'

import { readTextIfThere } from '../files.ts'

export type DvcRemote = {
  readonly name: string
  /** `s3://…`, or an absolute path. */
  readonly url: string
  readonly endpointUrl?: string | undefined
  readonly region?: string | undefined
  readonly profile?: string | undefined
}

export type DvcSettings = {
  /** Absolute. */
  readonly cache: string
  /** The default remote; `undefined` if there is none. */
  readonly remote: DvcRemote | undefined
}

type Sections = Map<string, Map<string, string>>

/** @param root The folder that holds `.dvc`. */
export function readDvcSettings(root: string): DvcSettings {
  const folder = join(root, '.dvc')
  const sections: Sections = new Map()
  for (const name of ['config', 'config.local']) {
    readSections(readTextIfThere(join(folder, name)) ?? '', sections)
  }
  const cache = sections.get('cache')?.get('dir')
  return {
    cache: cache === undefined ? join(folder, 'cache') : resolve(folder, cache),
    remote: defaultRemote(sections, folder),
  }
}

function defaultRemote(sections: Sections, folder: string): DvcRemote | undefined {
  const name = sections.get('core')?.get('remote')
  const remote = sections.get(`remote "${name ?? ''}"`)
  const url = remote?.get('url')
  if (name === undefined || url === undefined) return undefined
  const isUrl = /^[a-z][a-z0-9+.-]*:\/\//i.test(url)
  return {
    name,
    url: isUrl || isAbsolute(url) ? url : resolve(folder, url),
    endpointUrl: remote?.get('endpointurl'),
    region: remote?.get('region'),
    profile: remote?.get('profile'),
  }
}

/** DVC writes `['remote "name"']`, and `[remote "name"]` in older files. */
function readSections(text: string, sections: Sections): void {
  let section = ''
  for (const line of text.split(/\r?\n/)) {
    const [, name] = /^\s*\[\s*'?(.*?)'?\s*\]\s*$/.exec(line) ?? []
    if (name !== undefined) section = name
    const [, key, value] = /^\s*([^#;=[\s][^=]*?)\s*=\s*(.*?)\s*$/.exec(line) ?? []
    if (key === undefined || value === undefined) continue
    const values = sections.get(section) ?? new Map<string, string>()
    sections.set(section, values.set(key.toLowerCase(), value))
  }
}
