/** The files of an imported run: its draft, and the version `run/<id>` that holds them in the end. */

import { join } from 'node:path'

import type { RunFileChange } from '../../core/events/run-event.ts'
import { parseArtifactName, parseLabel } from '../../core/names.ts'
import { generatedLabel } from '../../core/reference.ts'
import { isEnded } from '../../core/runs/run-status.ts'
import type { TreeFile } from '../../core/tree/build.ts'
import { encodeVersionRecord, type VersionRecord } from '../../core/version-record.ts'
import { filesBelow, isFolder } from '../../foreign/files.ts'
import type { ForeignFile, ForeignRun } from '../../foreign/foreign-run.ts'
import type { ImportSession, TakenFile } from './session.ts'

/** Paths of one event; with paths of 250 bytes an event is some 400 KiB. */
const filesPerEvent = 1000

/** @param texts What becomes files besides the run's own. */
export async function importRunFiles(
  session: ImportSession,
  id: string,
  run: ForeignRun,
  texts: readonly ForeignFile[],
): Promise<void> {
  const draft = new Map(
    session.parts.catalog.runFiles.of(id).map((row) => [row.path, treeFile(row)]),
  )
  const changes: RunFileChange[] = []
  const take = (path: string, taken: TakenFile): void => {
    const { digest, sizeBytes: size, exec } = taken
    const known = draft.get(path)
    if (known?.digest === digest && known.exec === exec) return
    draft.set(path, { kind: 'file', path, digest, size, exec })
    changes.push({ path, digest, size, ...(exec ? { exec } : {}) })
  }
  const folder = run.folders.find(isFolder)
  const paths = folder === undefined ? [] : filesBelow(folder)
  for (const path of paths) take(path, await session.takeFile(join(folder ?? '', path)))
  for (const { path, text } of texts) take(path, await session.takeBytes(Buffer.from(text)))
  for (let i = 0; i < changes.length; i += filesPerEvent) {
    session.say({ type: 'run.files', run: id, files: changes.slice(i, i + filesPerEvent) })
  }
  if (draft.size > 0 && isEnded(run.status)) seal(session, id, run, [...draft.values()])
}

/** Makes the version, the same one on every machine, unless it is there. */
function seal(
  session: ImportSession,
  id: string,
  run: ForeignRun,
  files: readonly TreeFile[],
): void {
  const artifact = parseArtifactName(`run/${id}`)
  const { root, size, files: count } = session.buildTree(files)
  if (session.parts.catalog.versions.newest(artifact)?.root === root) return
  const created = new Date(run.endedAt ?? run.startedAt)
  const user = run.tags.get('mlflow.user')
  const record: VersionRecord = {
    artifact,
    createdAt: created.toISOString(),
    files: count,
    root,
    run: id,
    shape: 'tree',
    size,
    ...(user === undefined ? {} : { by: user }),
  }
  const { id: version } = encodeVersionRecord(record)
  if (session.parts.catalog.versions.get(version) !== undefined) return
  session.say({ type: 'version.add', version, record })
  const label = parseLabel(generatedLabel(created))
  session.say({ type: 'label.claim', artifact, label, version, generated: true })
}

function treeFile(row: {
  readonly path: string
  readonly digest: TreeFile['digest']
  readonly sizeBytes: number
  readonly isExecutable: boolean
}): TreeFile {
  const { path, digest, sizeBytes, isExecutable } = row
  return { kind: 'file', path, digest, size: sizeBytes, exec: isExecutable }
}
