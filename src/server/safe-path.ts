/**
 * Paths of requests: hostile until they were looked at.
 *
 * A path is decoded once; what would lead elsewhere when it is decoded again, or on Windows, is no
 * safe path either, as the advisories of that class ask for. Nothing of it ever becomes a path on
 * the disk: files lie in the store.
 */

const decodingsMax = 6

/** Whether it leads nowhere else, however often it is decoded. */
export function isSafePath(path: string): boolean {
  let form: string | undefined = path
  for (let i = 0; i < decodingsMax && form !== undefined; i++) {
    if (!isSafeForm(form)) return false
    const next = decodeOnce(form)
    form = next === form ? undefined : next
  }
  return true
}

/** `undefined`: it is not encoded as it should be. */
export function decodeOnce(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch (error) {
    if (error instanceof URIError) return undefined
    throw error
  }
}

function isSafeForm(path: string): boolean {
  if (path === '') return true
  const leadsElsewhere = path.split('/').some((name) => ['', '.', '..'].includes(name))
  const hasScheme = /^[a-z][a-z0-9+.-]*:|\/[a-z]:/i.test(path)
  return !leadsElsewhere && !hasScheme && !/[\\\p{Control}]/u.test(path)
}
