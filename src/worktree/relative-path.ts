/**
 * Paths relative to the top of a working tree: `/` between names, no slash at either end, `''` for
 * the top itself. Their order is `comparePaths` of the tree, everything in a folder together.
 */

/** The folder a path is in; `''` for what is at the top. */
export function parentOf(path: string): string {
  const end = path.lastIndexOf('/')
  return end < 0 ? '' : path.slice(0, end)
}

/** The last segment of a path. */
export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}

/** Puts a path, which may be `''`, below a folder, which may be `''` too. */
export function joinPath(folder: string, path: string): string {
  if (folder === '') return path
  return path === '' ? folder : `${folder}/${path}`
}

/** Whether `path` lies in `folder`, at any depth. Everything but `''` lies in `''`. */
export function isBelow(path: string, folder: string): boolean {
  if (folder === '') return path !== ''
  return path.length > folder.length && path.startsWith(folder) && path[folder.length] === '/'
}
