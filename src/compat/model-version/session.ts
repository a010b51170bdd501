/**
 * Session: what a `ModelVersion` has once it is open, and how that is opened, read and ended.
 *
 * Remotes are asked when it is opened, so that ids count beyond those of others and the newest
 * content is seen; where that cannot be, work goes on with what is known here.
 */

import { modelCardPath } from '../../core/model-card/card-fields.ts'
import { isMlstoreError, MlstoreError } from '../../errors.ts'
import type { ModelVersionDraft } from '../../store/model-versions/model-version-draft.ts'
import type { SealedModelVersion } from '../../store/model-versions/requests.ts'
import type { StoreApi } from '../../store/store.ts'
import type { StoreAccess } from '../store-access.ts'
import { Logger } from './logger.ts'
import type { ModelVersionOptions, StoppedModelVersion } from './options.ts'
import {
  backendOfConfig,
  type BackendSettings,
  loggerOfConfig,
  loggerOfEnvironment,
  loggerSettings,
  type Said,
} from './settings.ts'

export type Session = {
  readonly store: StoreApi
  readonly draft: ModelVersionDraft
  readonly logger: Logger
  /** What the settings of the store say. */
  readonly backend: Said<BackendSettings>
}

/** How settings of the instance and the store become those that count. */
export type BackendOf = (config: Said<BackendSettings>) => BackendSettings

/** Opens the store and the model version in it. */
export async function openSession(
  access: StoreAccess,
  options: ModelVersionOptions,
  backendOf: BackendOf,
): Promise<Session> {
  const { environment } = access
  const { project, model, withId: id, mode } = options
  const store = await access.open()
  const config = await store.listConfig()
  const said = loggerSettings(loggerOfEnvironment(environment.env), loggerOfConfig(config))
  const logger = new Logger(said, environment)
  const backend = backendOfConfig(config)
  if (mode !== 'offline') await learn(store, logger, backendOf(backend))
  const draft = await store.openModelVersion({ project, model, id, readOnly: mode === 'read-only' })
  logger.say('INFO', 'constructor', `${draft.id} of ${draft.artifact} is open.`)
  return { store, draft, logger, backend }
}

/** Name of the remote that the settings select; `undefined` where there is none. */
export async function remoteOf(
  store: StoreApi,
  { s3BackendBucket: bucket, s3BackendPrefix: prefix }: BackendSettings,
): Promise<string | undefined> {
  if (bucket !== '') return store.remoteForBucket({ bucket, prefix })
  return (await store.listRemotes()).find((remote) => remote.default)?.name
}

async function learn(store: StoreApi, logger: Logger, backend: BackendSettings): Promise<void> {
  const remote = await remoteOf(store, backend)
  if (remote === undefined) return
  try {
    await store.fetch({ remote })
  } catch (error) {
    const isOutOfReach =
      isMlstoreError(error, 'REMOTE_UNAVAILABLE') || isMlstoreError(error, 'REMOTE_REFUSED')
    if (!isOutOfReach) throw error
    logger.say('WARNING', 'constructor', `Going on with what is known here: ${error.message}`)
  }
}

/** @throws {MlstoreError} `REFUSED` where a card is required and there is none. */
export function checkCard({ draft, logger }: Session, isRequired: boolean): void {
  if (draft.list(modelCardPath).some(({ path }) => path === modelCardPath)) return
  const message = `${draft.id} has no model card at ${modelCardPath}.`
  const hint = `Upload one: \`uploadConfig(card, '${modelCardPath}')\`.`
  if (isRequired) throw new MlstoreError('REFUSED', message, { hint })
  logger.say('WARNING', 'stop', `${message} ${hint}`)
}

/** Sends what was sealed, if there is a remote to send it to. */
export async function publish(
  { store, draft, logger }: Session,
  sealed: SealedModelVersion,
  backend: BackendSettings,
): Promise<StoppedModelVersion> {
  const remote = await remoteOf(store, backend)
  if (remote === undefined) {
    logger.say('WARNING', 'stop', `No bucket and no remote is configured: ${sealed.id} stays here.`)
    return stoppedAs(sealed)
  }
  const pushed = await draft.push(sealed, remote)
  const { id, bytesSent, renumberedFrom } = pushed
  if (renumberedFrom !== null) {
    logger.say('WARNING', 'stop', `${renumberedFrom} is ${id}: others pushed that number first.`)
  }
  logger.say('INFO', 'stop', `${id} was pushed to ${remote}: ${bytesSent} bytes sent.`)
  return { ...stoppedAs(pushed), remote, renumberedFrom }
}

export function stoppedAs(sealed: SealedModelVersion): StoppedModelVersion {
  const { id, version, files, localFiles } = sealed
  return { id, version, files, localFiles, remote: null, renumberedFrom: null }
}
