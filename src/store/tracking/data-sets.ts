/**
 * Data sets that clients of MLflow say a run read: descriptions of what lies elsewhere.
 *
 * A description is a version of `mlflow-dataset/NAME` with one file, and the run has a link to it as
 * to anything it reads. So lineage shows which runs read one data set, a push brings it, and runs
 * that read the same share it. What is short stands in the version's metadata too: listing
 * thousands of runs then opens no file, and works in a clone that has fetched none.
 */

import { canonicalBytes, type JsonObject, parseCanonical } from '../../core/canonical-json.ts'
import { type Digest, digestOf } from '../../core/digest.ts'
import { foreignArtifact } from '../../core/foreign-names.ts'
import { readRole } from '../../core/lineage/roles.ts'
import { type DataSet, dataSetJson, dataSetOf } from '../../core/runs/data-set.ts'
import { buildTree, type TreeFile } from '../../core/tree/build.ts'
import type { VersionRow } from '../../catalog/version-row.ts'
import { addContent } from '../add.ts'
import { contentWish } from '../add-wish.ts'
import { cat } from '../cat.ts'
import type { StoreParts } from '../parts.ts'
import { inputLinks } from '../runs/input-links.ts'
import { contentOf } from '../runs/seal-files.ts'
import type { CommitQueue } from './commit-queue.ts'

export type DataSetInput = {
  readonly dataSet: DataSet
  /** What it was to the run: `training`. Default: `data`. */
  readonly role?: string | undefined
}

const artifactType = 'mlflow-dataset'
const fileName = 'dataset.json'
const metaKey = 'mlflowDataset'

/** Longer descriptions stand in the file only, as records travel in entries of the log. */
const metaBytesMax = 32 * 1024

/** Descriptions that are kept in memory, at most; versions never change. */
const keptMax = 500

export class TrackedDataSets {
  readonly #parts: StoreParts
  readonly #queue: CommitQueue
  readonly #kept = new Map<Digest, DataSet>()

  /** @internal Use `Tracking.dataSets`. */
  constructor(parts: StoreParts, queue: CommitQueue) {
    this.#parts = parts
    this.#queue = queue
  }

  /** What each run read, in the order in which it said so; runs that read nothing are left out. */
  async ofRuns(runs: readonly string[]): Promise<Map<string, DataSet[]>> {
    this.#parts.catchUp()
    const found = new Map<string, DataSet[]>()
    for (const [run, versions] of this.#parts.catalog.runLinks.inputsOfRuns(runs)) {
      const dataSets = await this.#described(versions)
      if (dataSets.length > 0) found.set(run, dataSets)
    }
    return found
  }

  /** What any run of the experiment read, each once, in no order. */
  ofExperiment(id: string): Promise<DataSet[]> {
    this.#parts.catchUp()
    return this.#described(this.#parts.catalog.runLinks.inputsOfExperiment(id))
  }

  /**
   * Says that the run read them; durable when it resolves. One of a name and digest that the run
   * has read already is not said again.
   */
  async log(run: string, inputs: readonly DataSetInput[]): Promise<void> {
    const known = new Set((await this.ofRuns([run])).get(run)?.map(identityOf))
    const added: { readonly version: Digest; readonly role: string }[] = []
    for (const { dataSet, role = readRole } of inputs) {
      const identity = identityOf(dataSet)
      if (known.has(identity)) continue
      known.add(identity)
      added.push({ version: await this.#versionOf(dataSet), role })
    }
    if (added.length === 0) return
    await this.#queue.commit(`run:${run}`, () =>
      added.flatMap(({ version, role }) => inputLinks(this.#parts, run, [version], role)),
    )
  }

  async #described(versions: readonly Digest[]): Promise<DataSet[]> {
    const dataSets: DataSet[] = []
    for (const id of versions) {
      const dataSet = this.#kept.get(id) ?? (await this.#read(id))
      if (dataSet === undefined) continue
      if (this.#kept.size >= keptMax) this.#kept.clear()
      this.#kept.set(id, dataSet)
      dataSets.push(dataSet)
    }
    return dataSets
  }

  /** `undefined`: it is no description, or not known here. */
  async #read(id: Digest): Promise<DataSet | undefined> {
    const version = this.#parts.catalog.versions.get(id)
    if (version === undefined || !version.artifact.startsWith(`${artifactType}/`)) return undefined
    const { meta } = version.record
    return meta?.['isShortened'] === true ? this.#readFile(version) : dataSetOf(meta?.[metaKey])
  }

  async #readFile({ artifact, id }: VersionRow): Promise<DataSet | undefined> {
    const place = `${artifact}@${id}:${fileName}`
    const pieces: Uint8Array[] = []
    for await (const piece of cat(this.#parts, place)) pieces.push(piece)
    return dataSetOf(parseCanonical(Buffer.concat(pieces), place))
  }

  /** The version that says just this; made if there is none. */
  async #versionOf(dataSet: DataSet): Promise<Digest> {
    const bytes = canonicalBytes(dataSetJson(dataSet))
    const file = fileOf(bytes)
    const { root } = buildTree([file], () => undefined)
    const artifact = foreignArtifact(artifactType, dataSet.name, true)
    const known = this.#parts.catalog.versions.byRoot(root)
    const same = known.find((version) => version.artifact === artifact && !version.isRemoved)
    if (same !== undefined) return same.id
    const { digest } = await addContent({
      parts: this.#parts,
      wish: contentWish(artifact, { meta: metaOf(dataSet, bytes.length) }),
      read: async (writer) => {
        const { newBytes } = writer.addSmallFile(bytes)
        return { ...contentOf(writer, [file]), newBytes }
      },
      signal: undefined,
    })
    return digest
  }
}

function fileOf(bytes: Uint8Array): TreeFile {
  const digest = digestOf(bytes)
  return { kind: 'file', path: fileName, digest, size: bytes.length, exec: false }
}

function metaOf(dataSet: DataSet, sizeBytes: number): JsonObject {
  if (sizeBytes <= metaBytesMax) return { [metaKey]: dataSetJson(dataSet) }
  const { name, digest } = dataSet
  return { [metaKey]: { name, digest }, isShortened: true }
}

function identityOf({ name, digest }: DataSet): string {
  return JSON.stringify([name, digest])
}
