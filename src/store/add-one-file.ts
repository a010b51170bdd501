/** Adds a version of one file whose bytes are in memory: what mlstore itself writes for a user. */

import { DigestSet } from '../core/digest-set.ts'
import type { ArtifactName } from '../core/names.ts'
import { packKind } from '../core/pack/format.ts'
import { buildTree } from '../core/tree/build.ts'
import type { ObjectWriter } from '../objects/object-writer.ts'
import { IgnoreRules } from '../worktree/ignore-rules.ts'
import { addContent, type ReadContent } from './add.ts'
import { sayingsOf, type Wish } from './add-wish.ts'
import type { StoreParts } from './parts.ts'
import type { AddRequest, WorkOptions } from './requests.ts'
import type { AddResult } from './results.ts'

export type NamedFile = { readonly name: string; readonly bytes: Buffer }

export type OneFileRequest = WorkOptions &
  Pick<AddRequest, 'label' | 'aliases' | 'tags' | 'meta'> &
  Pick<Wish, 'inputs' | 'maker'> & {
    readonly as: ArtifactName
    readonly file: NamedFile
  }

/** Adds it; no line of the lock file stands for it, since no path of the working tree holds it. */
export function addOneFile(parts: StoreParts, request: OneFileRequest): Promise<AddResult> {
  const { as: artifact, file, inputs, maker, signal } = request
  const wish: Wish = {
    ...sayingsOf(request),
    artifact,
    inputs,
    maker,
    shape: 'file',
    sources: [],
    rules: IgnoreRules.top({}),
    hardlink: false,
    lockPath: undefined,
    locked: undefined,
    keepsLock: false,
    path: file.name,
  }
  const read = (writer: ObjectWriter): Promise<ReadContent> =>
    Promise.resolve(writeFile(writer, file))
  return addContent({ parts, wish, read, signal })
}

/** Puts a version of one file into the session. */
function writeFile(writer: ObjectWriter, { name, bytes }: NamedFile): ReadContent {
  const { digest, newBytes } = writer.addSmallFile(bytes)
  const file = { kind: 'file', path: name, digest, size: bytes.length, exec: false } as const
  const tree = buildTree([file], (node, content) => {
    writer.addObject(packKind.treeNode, content, node)
  })
  return { ...tree, newBytes, assumed: new DigestSet(), hidden: 0 }
}
