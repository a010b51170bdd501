/**
 * MLflow's artifact proxy: files of runs are streamed into the store and out of it.
 *
 * Nothing is kept twice: what arrives is cut and hashed on its way, and content that the store has
 * is only named. A download is verified, has its digest as ETag, and may be asked for in part.
 */

import { posix } from 'node:path'

import type { HttpBindings } from '@hono/node-server'
import type { Context, Hono } from 'hono'
import { getMimeType } from 'hono/utils/mime'

import type { TrackedFile } from '../../store/tracking/tracked-files.ts'
import type { Tracking } from '../../store/tracking/tracking.ts'
import { answerFile } from '../file-answer.ts'
import { fileOf, filesOf, readFileOf, writablePlace } from './artifact-files.ts'
import {
  type ArtifactPlace,
  decodedPath,
  placeOf,
  type RunPlace,
  safePath,
} from './artifact-path.ts'
import { requireRun } from './endpoint.ts'
import { doesNotExist, invalidParameter, MlflowError } from './mlflow-error.ts'
import { artifactUri } from './wire.ts'

type App = Hono<{ Bindings: HttpBindings }>
type Call = Context<{ Bindings: HttpBindings }>

export type ArtifactOptions = { readonly tracking: Tracking; readonly readOnly: boolean }

const prefixes = ['/api/2.0/mlflow-artifacts/artifacts', '/ajax-api/2.0/mlflow-artifacts/artifacts']

/** Shown as text by MLflow, whatever a system calls them. */
const textEndings =
  /(?:^|[./])(?:txt|log|err|cfg|conf|cnf|cf|ini|properties|prop|hocon|toml|yaml|yml|xml|json|js|py|py3|csv|tsv|md|rst|mlmodel|mlproject)$/i

/** Adds the routes. */
export function addArtifactRoutes(app: App, { tracking, readOnly }: ArtifactOptions): void {
  const writable = (): void => {
    if (readOnly) throw new MlflowError('PERMISSION_DENIED', 'This server only reads.')
  }
  for (const prefix of prefixes) {
    app.get(prefix, async (call) =>
      call.json(await listPlace(tracking, call.req.query('path') ?? '')),
    )
    app.put(`${prefix}/*`, async (call) => {
      writable()
      await upload(tracking, placeOfCall(call, prefix), call)
      return call.json({})
    })
    app.get(`${prefix}/*`, (call) => download(tracking, placeOfCall(call, prefix), call))
    app.delete(`${prefix}/*`, async (call) => {
      writable()
      const { run, path } = writablePlace(tracking, placeOfCall(call, prefix))
      await tracking.files.remove(run, path)
      return call.json({})
    })
  }
  for (const prefix of ['/api/2.0/mlflow', '/ajax-api/2.0/mlflow']) {
    app.get(`${prefix}/artifacts/list`, (call) => call.json(listOfRun(tracking, call)))
    app.post(`${prefix}/upload-artifact`, async (call) => {
      writable()
      await upload(tracking, placeOfQuery(call), call)
      return call.json({})
    })
  }
  app.get('/get-artifact', (call) => download(tracking, placeOfQuery(call), call))
}

/** From the URL as it came: what reads URLs would resolve `..` before we see it. */
function placeOfCall({ env }: Call, prefix: string): ArtifactPlace {
  const [encoded = ''] = (env.incoming.url ?? '').split('?', 1)
  const start = encoded.indexOf(prefix)
  const path = decodedPath(encoded.slice(start + prefix.length + 1))
  const place = start < 0 ? undefined : placeOf(path)
  if (place !== undefined) return place
  throw invalidParameter(`Invalid path: files lie below EXPERIMENT/RUN/artifacts, not at ${path}`)
}

function placeOfQuery({ req }: Call): RunPlace {
  const run = req.query('run_id') || req.query('run_uuid')
  if (!run) throw invalidParameter('Request must specify run_id or run_uuid.')
  const path = req.query('path')
  if (!path) throw invalidParameter('Request must specify path.')
  return { kind: 'run', run, path: safePath(path) }
}

async function upload(tracking: Tracking, place: ArtifactPlace, call: Call): Promise<void> {
  const { run, path } = writablePlace(tracking, place)
  if (path === '') throw invalidParameter('Invalid path')
  await tracking.files.put(run, path, call.env.incoming)
}

async function download(tracking: Tracking, place: ArtifactPlace, call: Call): Promise<Response> {
  const { path } = place
  const file = await fileOf(tracking, place)
  if (file === undefined) throw doesNotExist(`There is no file ${path}.`)
  const { digest, sizeBytes } = file
  const type = textEndings.test(path) ? 'text/plain' : getMimeType(path)
  return answerFile({
    content: () => readFileOf(tracking, place),
    name: posix.basename(path),
    type: type ?? 'application/octet-stream',
    sizeBytes,
    digest,
    range: call.req.header('range'),
    ifNoneMatch: call.req.header('if-none-match'),
  })
}

/** Names in it are relative to the place. */
async function listPlace(tracking: Tracking, query: string): Promise<object> {
  const place = placeOf(safePath(query))
  if (place === undefined) return {}
  const entries = entriesOf(await filesOf(tracking, place), place.path)
  return entries.length > 0 ? { files: entries } : {}
}

/** Names in it are relative to the run. */
function listOfRun(tracking: Tracking, { req }: Call): object {
  const id = req.query('run_id') || req.query('run_uuid')
  if (!id) throw invalidParameter("Missing value for required parameter 'run_id'.")
  const run = requireRun(tracking, id)
  const path = safePath(req.query('path') ?? '')
  const entries = entriesOf(tracking.files.list(id, path), path)
  const files = entries.map((entry) => ({ ...entry, path: posix.join(path, entry.path) }))
  return { root_uri: artifactUri(run), ...(files.length > 0 && { files }) }
}

export type Entry = { readonly path: string; readonly is_dir: boolean; readonly file_size?: number }

/** Files and folders right below a folder, by name. */
export function entriesOf(files: readonly TrackedFile[], folder: string): Entry[] {
  const start = folder === '' ? 0 : folder.length + 1
  const entries = new Map<string, Entry>()
  for (const { path, sizeBytes } of files) {
    const [name = '', ...below] = path.slice(start).split('/')
    const isFile = below.length === 0
    entries.set(name, { path: name, is_dir: !isFile, ...(isFile && { file_size: sizeBytes }) })
  }
  return [...entries.values()]
}
