/**
 * Adds a version of objects that lie in a bucket or folder of the user: nothing is copied, only
 * their paths, sizes and states are recorded. Where the place has no ETags, the bytes are read once.
 */

import {
  encodeExternal,
  externalFileName,
  type ExternalListing,
  externalListing,
  externalMeta,
  externalMetaKey,
  type ExternalObject,
} from '../../core/external-objects.ts'
import { outputRole } from '../../core/lineage/roles.ts'
import { parseArtifactName } from '../../core/names.ts'
import { invalidArgument, MlstoreError } from '../../errors.ts'
import { addOneFile } from '../add-one-file.ts'
import type { StoreParts } from '../parts.ts'
import type { AddExternalRequest } from '../requests.ts'
import type { AddResult } from '../results.ts'
import { ambientRun } from '../runs/ambient-run.ts'
import {
  digestOfExternal,
  type ExternalReading,
  listExternal,
  withExternal,
} from './read-external.ts'

/** Records what is at a place as a version. */
export async function addExternal(
  parts: StoreParts,
  request: AddExternalRequest,
): Promise<AddResult> {
  const { as, uri, meta = {}, run = ambientRun(parts), signal } = request
  if (Object.hasOwn(meta, externalMetaKey)) {
    throw invalidArgument(
      `The metadata ${externalMetaKey} says where the bytes of such a version are.`,
    )
  }
  const artifact = parseArtifactName(as)
  const listing = await withExternal(parts, uri, (folder) =>
    recordPlace({ clock: parts.clock, folder, signal }),
  )
  return addOneFile(parts, {
    ...request,
    as: artifact,
    meta: { ...meta, [externalMetaKey]: externalMeta(listing) },
    inputs: [],
    maker: run === undefined ? undefined : { run, role: outputRole },
    file: { name: externalFileName, bytes: encodeExternal(listing) },
  })
}

async function recordPlace(reading: ExternalReading): Promise<ExternalListing> {
  const { uri } = reading.folder
  const found = await listExternal(reading)
  if (found.length === 0) throw nothingThere(uri)
  const objects: ExternalObject[] = []
  for (const object of externalListing(uri, found).objects) {
    const isNamed = object.etag !== undefined
    objects.push(isNamed ? object : { ...object, sha256: await digestOfExternal(reading, object) })
  }
  return externalListing(uri, objects)
}

function nothingThere(uri: string): MlstoreError {
  return new MlstoreError('NOT_FOUND', `${uri} does not exist or is not a folder.`, {
    hint: 'Name a folder with objects in it: s3://bucket/prefix or file:///folder.',
    details: { uri },
  })
}
