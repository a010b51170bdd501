/**
 * From what MLflow calls the place of artifacts to folders of this machine that may be it.
 *
 * MLflow writes absolute places down, so a store that was moved or copied names folders that are
 * no more. Each place therefore becomes several candidates, the one that is named first.
 */

import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

export type PlaceRules = {
  /** What relative places start from: the folder the store lies in. */
  readonly base: string
  /** Given by the user: what the server of `mlflow-artifacts:` keeps its files in. */
  readonly artifacts?: string | undefined
}

/** The folder or file that a place names here; `undefined` if it is on a server. */
export function localPath(place: string, { base, artifacts }: PlaceRules): string | undefined {
  const scheme = /^([a-z][a-z0-9+.-]+):/i.exec(place)?.[1]?.toLowerCase()
  if (scheme === undefined) return resolve(base, place)
  if (scheme === 'file') return fileUrlPath(place, base)
  if (scheme !== 'mlflow-artifacts' || artifacts === undefined) return undefined
  const path = place.replace(/^mlflow-artifacts:(?:\/\/[^/]*)?\/*/i, '')
  return inside(artifacts, decoded(path))
}

/** Candidates for the files of a run, in the order they are to be tried. */
export function runFolders(
  run: { readonly id: string; readonly experiment: string; readonly place: string | undefined },
  rules: PlaceRules,
  beside: readonly string[],
): string[] {
  const named = run.place === undefined ? undefined : localPath(run.place, rules)
  const { artifacts } = rules
  const given =
    artifacts === undefined
      ? []
      : [join(artifacts, run.experiment, run.id, 'artifacts'), join(artifacts, run.id, 'artifacts')]
  return distinct([...(named === undefined ? [] : [named]), ...given, ...beside])
}

/** The places of a folder inside another one that may have been moved. */
export function movedPlaces(
  place: string,
  whole: { readonly place?: string | undefined; readonly folders: readonly string[] },
): string[] {
  if (whole.place === undefined || !place.startsWith(whole.place)) return []
  const rest = decoded(place.slice(whole.place.length).replace(/^\/+/, ''))
  return whole.folders.flatMap((folder) => inside(folder, rest) ?? [])
}

export function distinct(paths: readonly string[]): string[] {
  return [...new Set(paths)]
}

/** A path below a folder; `undefined` for one that leads out of it. */
export function inside(folder: string, path: string): string | undefined {
  const absolute = resolve(folder, `./${path}`)
  return absolute === folder || absolute.startsWith(`${resolve(folder)}/`) ? absolute : undefined
}

function fileUrlPath(place: string, base: string): string | undefined {
  if (!place.toLowerCase().startsWith('file:/')) return resolve(base, place.slice('file:'.length))
  try {
    return fileURLToPath(place)
  } catch {
    return undefined
  }
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}
