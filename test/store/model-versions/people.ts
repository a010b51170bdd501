/** People with stores of their own who make versions of one model. */

import type { ModelVersionDraft } from '../../../src/store/model-versions/model-version-draft.ts'
import type {
  ModelVersionRequest,
  PushedModelVersion,
} from '../../../src/store/model-versions/requests.ts'
import type { Person } from '../sync/support/world.ts'

export const model = { project: 'onclusive/test', model: 'TES-TEST' } as const
export const artifact = 'model/onclusive/test/TES-TEST'

export function opened(
  person: Person,
  more: Partial<ModelVersionRequest> = {},
): Promise<ModelVersionDraft> {
  return person.store.openModelVersion({ ...model, ...more })
}

export async function put(
  draft: ModelVersionDraft,
  files: Readonly<Record<string, string>>,
): Promise<void> {
  for (const [path, text] of Object.entries(files)) await draft.putContent(Buffer.from(text), path)
}

export async function published(draft: ModelVersionDraft): Promise<PushedModelVersion> {
  return draft.push(await draft.seal(), 'origin')
}

/** Makes a new version of these files and pushes it. */
export async function makeVersion(
  person: Person,
  files: Readonly<Record<string, string>>,
): Promise<PushedModelVersion> {
  const draft = await opened(person)
  await put(draft, files)
  return published(draft)
}

export async function textOf(draft: ModelVersionDraft, path: string): Promise<string> {
  const pieces: Uint8Array[] = []
  for await (const piece of draft.read(path)) pieces.push(piece)
  return Buffer.concat(pieces).toString()
}

/** The attributes of a version as another process of that person sees them. */
export async function contentOf(person: Person, id: string): Promise<Record<string, string>> {
  const draft = await opened(person, { id, readOnly: true })
  const paths = draft.list().map(({ path }) => path)
  const texts = await Promise.all(
    paths.map(async (path) => [path, await textOf(draft, path)] as const),
  )
  return Object.fromEntries(texts)
}
