/** `mlstore add`: parse, call the store, print. */

import type { UserValue } from '../../core/canonical-json.ts'
import { type Command, defineCommand, flag, list, many, text } from '../command.ts'
import type { AddResult } from '../../store/results.ts'
import type { CliContext } from '../context.ts'
import { parseMeta, parseMetaFile, parseTags } from '../key-values.ts'
import { formatCount } from '../../core/amounts.ts'
import { visible } from '../../core/visible-text.ts'
import { renderAdded } from '../render/versions.ts'
import { readTextFile } from '../text-file.ts'

export const command: Command = defineCommand({
  summary: 'Store files or folders as a new version',
  details:
    'One PATH that is a folder makes a version of its content; a file, or several paths, a version with their names at the top. Without PATH every path of mlstore.lock that changed is added. What .mlstoreignore names is left out; what --exclude or --no-hidden left out of a path stays out of status and of the next add of it.',
  positionals: { path: many('Files and folders', 'path') },
  options: {
    as: text('TYPE/NAME', "Artifact; default: the lock's for this path", { completes: 'artifact' }),
    label: text('LABEL', "The version's name; default: the UTC time"),
    alias: list('ALIAS', 'Point this alias at the version'),
    tag: list('K=V', 'Tag the version'),
    meta: list('K=V', 'Metadata; a value that reads as JSON is that'),
    metaFile: text('FILE', 'Metadata: a file with one JSON object', { completes: 'path' }),
    input: list('REF', 'A version this one was made from', { completes: 'reference' }),
    exclude: list('GLOB', 'Leave these out, in .gitignore syntax'),
    noHidden: flag('Leave out names that start with . or __'),
    noExclude: flag('Take what an earlier --exclude or --no-hidden of the path left out'),
    hardlink: flag('Keep no second copy: the file becomes read-only'),
    noLock: flag('Leave mlstore.lock and .gitignore alone'),
  },
  examples: [
    ['add runs/7/model --as model/resnet --alias staging --meta f1=0.93', 'Store a trained model'],
    ['add', 'Store whatever changed since the last add or checkout'],
  ],
  async run(values, context) {
    const { path: paths, as, label, exclude, noHidden, noExclude, hardlink, noLock } = values
    await using store = await context.openStore()
    const results = await store.add({
      paths,
      as,
      label,
      aliases: values.alias,
      tags: parseTags(values.tag),
      meta: metadata(values, context),
      inputs: values.input,
      exclude,
      noHidden,
      noExclude,
      hardlink,
      noLock,
      signal: context.signal,
    })
    for (const note of notesOn(results, values)) await context.output.note(note)
    const [first] = results
    const document = paths.length > 0 && first !== undefined ? first : results
    await context.output.result(document, (_document, paint) => renderAdded(results, paint))
  },
})

type Said = {
  readonly path: readonly string[]
  readonly exclude: readonly string[]
  readonly noHidden: boolean
  readonly noLock: boolean
}

/** What the user may not expect. */
function notesOn(results: readonly AddResult[], said: Said): string[] {
  const notes: string[] = []
  const hidden = results.reduce((sum, result) => sum + result.hidden, 0)
  if (hidden > 0) notes.push(`Left out ${formatCount(hidden, 'hidden name')}.`)
  const isSaidNow = said.noHidden || said.exclude.length > 0
  if (!isSaidNow) notes.push(...results.flatMap(rememberedNote))
  const isUnlocked = results.some((result) => !result.locked)
  if (isUnlocked && !said.noLock) {
    notes.push(said.path.length > 1 ? severalPathsNote : unlockedNote)
  }
  return notes
}

const severalPathsNote =
  'mlstore.lock has no line for several paths in one version, so status, checkout and pull do not follow them. ' +
  'Put them into one folder and add that, or add each path by itself.'
const unlockedNote =
  'mlstore.lock has no line for it: a line stands for one path inside the repository.'

function rememberedNote({ path, leftOut }: AddResult): string[] {
  const names = [...leftOut.exclude, ...(leftOut.noHidden ? ['hidden names'] : [])]
  if (names.length === 0) return []
  const list = names.map(visible).join(', ')
  return [`Left out of ${visible(path)}, as before: ${list}. --no-exclude takes them.`]
}

type MetaValues = { readonly meta: readonly string[]; readonly metaFile: string | undefined }

/** The file's metadata with what `--meta` says on top. */
function metadata(values: MetaValues, context: CliContext): Record<string, UserValue> | undefined {
  if (values.metaFile === undefined && values.meta.length === 0) return undefined
  const fromFile =
    values.metaFile === undefined
      ? {}
      : parseMetaFile(readTextFile(context, values.metaFile), values.metaFile)
  return { ...fromFile, ...parseMeta(values.meta) }
}
