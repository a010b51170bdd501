/**
 * StoreVersions: the versions of artifacts that stand for resources of a tracker.
 *
 * A resource is what tags of a run say. So that it takes part in lineage and in the registry, whose
 * subjects are versions, each model, data set and prediction job has a version that names it:
 * `model/<experiment>/<resource id>`, made by its run, with one file that says which resource it is.
 * Its bytes are wherever the run's files and version control have them.
 */

import { foreignLabel, foreignSegment } from '../../core/foreign-names.ts'
import { isMlstoreError } from '../../errors.ts'
import type { VersionSummary } from '../../store/results.ts'
import type { StoreApi } from '../../store/store.ts'
import type { StoreAccess } from '../store-access.ts'
import type { Resource } from './metadata-tracker.ts'
import { qualifiedId, shortId } from './resource-ids.ts'

/** First segments of the names of artifacts. */
export type ArtifactType = 'model' | 'dataset' | 'prediction-job'

/** What a version is to those made from it. */
type Role = 'dataset' | 'model'

const typeOfResources: Readonly<Record<string, ArtifactType>> = {
  model: 'model',
  model_version: 'model',
  dataset: 'dataset',
  dataset_version: 'dataset',
  prediction_job: 'prediction-job',
}

const deployedAlias = 'deployed'

export class StoreVersions {
  readonly #access: StoreAccess

  constructor(access: StoreAccess) {
    this.#access = access
  }

  /** Which artifact stands for resources of a type; `undefined`: none does. */
  static typeOf(resourceType: string | undefined): ArtifactType | undefined {
    return resourceType !== undefined && Object.hasOwn(typeOfResources, resourceType)
      ? typeOfResources[resourceType]
      : undefined
  }

  /** The reference of the resource's version, which is made if it is not there. */
  async require(resource: Resource, type: ArtifactType): Promise<string> {
    const store = await this.#access.open()
    const known = await this.#find(store, resource, type)
    if (known !== undefined) return known
    const { id, run } = resource
    const { artifact, experiment } = await nameOf(store, resource, type)
    const { version } = await store.attach(
      `run:${run.id}`,
      type,
      { json: { resource: id, run: run.id, experiment }, fileName: 'resource.json' },
      {
        name: artifact.slice(type.length + 1),
        label: foreignLabel(`${run.name}-${run.id.slice(-8)}`),
      },
    )
    return `${artifact}@${version}`
  }

  /** Records that `to` was made from `from`: shown by `mlstore lineage`. */
  async link(from: string, to: string, role: Role): Promise<void> {
    const store = await this.#access.open()
    await store.addLineage(from, to, { role })
  }

  /** References of the data sets that the version of a model was made from. */
  async datasetsOf(model: Resource): Promise<readonly string[]> {
    const store = await this.#access.open()
    const reference = await this.#find(store, model, 'model')
    if (reference === undefined) return []
    const { edges, nodes, root } = await store.lineage({ reference, direction: 'up', depth: 1 })
    const used = new Set(
      edges.filter(({ to, role }) => to === root && role === 'dataset').map(({ from }) => from),
    )
    return nodes.flatMap((node) => {
      if (node.kind !== 'version' || node.name === null || !used.has(node.id)) return []
      return `${node.name.replace(/@.*$/, '')}@${node.version}`
    })
  }

  /** Follows the tag `status`: the alias `deployed` of the model stands where it says so. */
  async followStatus(model: Resource, isDeployed: boolean): Promise<void> {
    const store = await this.#access.open()
    if (isDeployed) {
      await store.setAlias(await this.require(model, 'model'), deployedAlias)
      return
    }
    const deployed = await this.#deployedVersion(store, model)
    if (deployed?.run !== model.run.id || !deployed.aliases.includes(deployedAlias)) return
    await store.removeAlias(deployed.artifact, deployedAlias)
  }

  /** What the registry says is deployed, whoever said it; `null`: nothing. */
  async deployed(model: Resource): Promise<Resource | null> {
    const store = await this.#access.open()
    const version = await this.#deployedVersion(store, model)
    if (version?.run === null || version === undefined) return null
    const { run, name } = await store.showRun(version.run)
    return { id: model.id, run: { id: run, name } }
  }

  /** Records which experiment won, unless its run is not known here. */
  async chooseWinner(model: Resource, run: string): Promise<void> {
    const store = await this.#access.open()
    try {
      await store.showRun(run)
    } catch (error) {
      if (isMlstoreError(error, 'NOT_FOUND')) return
      throw error
    }
    await store.chooseWinner(await this.require(model, 'model'), { run })
  }

  /** The experiment that the registry says won; `null`: nobody said so. */
  async winner(model: Resource): Promise<Resource | null> {
    const store = await this.#access.open()
    const reference = await this.#find(store, model, 'model')
    const winner = reference === undefined ? null : await store.winner(reference)
    if (winner?.summary === null || winner === null) return null
    const { run, name } = winner.summary
    return { id: qualifiedId(run, shortId(model.id)), run: { id: run, name } }
  }

  async #find(
    store: StoreApi,
    resource: Resource,
    type: ArtifactType,
  ): Promise<string | undefined> {
    const { artifact } = await nameOf(store, resource, type)
    const made = await store.versionsOfRun(resource.run.id)
    const [found] = made.filter((version) => version.artifact === artifact)
    return found && `${artifact}@${found.digest}`
  }

  async #deployedVersion(store: StoreApi, model: Resource): Promise<VersionSummary | undefined> {
    const { artifact } = await nameOf(store, model, 'model')
    try {
      return (await store.deployed(artifact)).version ?? undefined
    } catch (error) {
      // No version of the model was made yet.
      if (isMlstoreError(error, 'NOT_FOUND')) return undefined
      throw error
    }
  }
}

/** Experiment and id are one segment each, whatever characters they have. */
export function resourceArtifact(type: ArtifactType, experiment: string, id: string): string {
  return [type, foreignSegment(experiment), foreignSegment(id)].join('/')
}

async function nameOf(
  store: StoreApi,
  { id, run }: Resource,
  type: ArtifactType,
): Promise<{ readonly artifact: string; readonly experiment: string }> {
  const { experiment } = await store.showRun(run.id)
  return { artifact: resourceArtifact(type, experiment, id), experiment }
}
