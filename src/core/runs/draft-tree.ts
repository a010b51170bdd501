/**
 * The tree of a run's draft.
 *
 * Two processes may log a file `a` and a file `a/b` into one run, and no tree holds both. Neither
 * may be lost, and the run must come to its end: the file `a` is `a~file` then.
 */

import type { TreeFile } from '../tree/build.ts'

const suffix = '~file'

/** The files, those that stand where a folder must be with another name. */
export function withoutCollisions(files: readonly TreeFile[]): TreeFile[] {
  const folders = new Set<string>()
  for (const { path } of files) {
    for (let end = path.indexOf('/'); end >= 0; end = path.indexOf('/', end + 1)) {
      folders.add(path.slice(0, end))
    }
  }
  const taken = new Set([...folders, ...files.map(({ path }) => path)])
  return files.map((file) => {
    if (!folders.has(file.path)) return file
    let path = file.path + suffix
    while (taken.has(path)) path += suffix
    taken.add(path)
    return { ...file, path }
  })
}
