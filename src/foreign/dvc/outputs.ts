/** What `.dvc` files and `dvc.lock` say: which content, by its md5, DVC keeps at which path. */

import { posix } from 'node:path'

import { isYamlObject, type YamlObject, yamlObjects, type YamlReader, yamlText } from '../yaml.ts'

export type DvcOutput = {
  /** Relative to the repository, with `/`. */
  readonly path: string
  /** 32 hex digits. */
  readonly md5: string
  readonly isFolder: boolean
  /** DVC 2 and older hashed text as if its lines ended with a newline alone. */
  readonly isLegacy: boolean
  /** Of a stage of dvc.lock. */
  readonly stage?: string | undefined
  /** What the stage read. */
  readonly inputs: readonly { readonly path: string; readonly md5: string }[]
}

export type DvcOutputs = {
  readonly outputs: readonly DvcOutput[]
  /** Paths of outputs whose content is not in DVC's cache. */
  readonly elsewhere: readonly string[]
}

/** Whether git names a file, by its path, that says such things. */
export function isDvcFile(path: string): boolean {
  const name = posix.basename(path)
  const isOfDvcItself = path.split('/').slice(0, -1).includes('.dvc')
  return !isOfDvcItself && (name === 'dvc.lock' || (name.endsWith('.dvc') && name !== '.dvc'))
}

/**
 * Reads one file.
 *
 * @param path Of the file in the repository; what it names is relative to its folder.
 * @throws {MlstoreError} `INVALID_ARGUMENT` if it is no YAML.
 */
export function readDvcFile(text: string, path: string, yaml: YamlReader): DvcOutputs {
  const said = yaml(text, path)
  const folder = posix.dirname(path)
  if (posix.basename(path) !== 'dvc.lock') {
    return outputsOf(said, posix.join(folder, yamlText(said['wdir']) ?? '.'))
  }
  // Before format 2.0 the stages were at the top.
  const stages = isYamlObject(said['stages']) ? said['stages'] : said
  const all = Object.entries(stages).flatMap(([name, stage]) =>
    isYamlObject(stage) ? outputsOf(stage, folder, name) : [],
  )
  return {
    outputs: all.flatMap(({ outputs }) => outputs),
    elsewhere: all.flatMap(({ elsewhere }) => elsewhere),
  }
}

function outputsOf(said: YamlObject, folder: string, stage?: string): DvcOutputs {
  const named = (list: unknown): { path: string; md5: string | undefined; of: YamlObject }[] =>
    yamlObjects(list).map((of) => {
      const path = yamlText(of['path']) ?? ''
      return { path: isOutside(path) ? path : posix.join(folder, path), md5: md5Of(of), of }
    })
  const inputs = named(said['deps']).flatMap(({ path, md5 }) =>
    md5 === undefined ? [] : { path, md5: md5.slice(0, 32) },
  )
  const outputs: DvcOutput[] = []
  const elsewhere: string[] = []
  for (const { path, md5, of } of named(said['outs'])) {
    if (yamlText(of['cache']) === 'false') continue
    if (md5 === undefined || isOutside(path)) elsewhere.push(path)
    else {
      const isFolder = md5.endsWith('.dir')
      const isLegacy = of['hash'] === undefined
      outputs.push({ path, md5: md5.slice(0, 32), isFolder, isLegacy, stage, inputs })
    }
  }
  return { outputs, elsewhere }
}

function md5Of(said: YamlObject): string | undefined {
  const md5 = yamlText(said['md5']) ?? yamlText(said['checksum'])
  return md5 !== undefined && /^[0-9a-f]{32}(\.dir)?$/.test(md5) ? md5 : undefined
}

function isOutside(path: string): boolean {
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(path) || path.startsWith('/') || path.startsWith('../')
}
