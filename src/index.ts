/** The public API of mlstore. */

export { type ErrorCode, isMlstoreError, MlstoreError } from './errors.ts'
export {
  type CardHolder,
  ModelCard,
  ModelTestFiles,
  type UploadCardOptions,
  type UploadedCard,
} from './compat/model-card/model-card.ts'
export { GithubActionsSpecs, ImageSpecs } from './compat/model-card/github-actions-specs.ts'
export { ModelSettings, modelSettings } from './compat/model-card/model-settings.ts'
export { type CardFormat, renderCard } from './compat/model-card/render-card.ts'
export { Settings, type SettingsEnvironment, settingsOf } from './compat/model-card/settings.ts'
export { BucketRef } from './compat/bucket-ref/bucket-ref.ts'
export type * from './compat/bucket-ref/requests.ts'
export type * from './compat/metadata-tracker/metadata-tracker.ts'
export {
  type MlflowClient,
  MlflowMetadataTracker,
  type MlflowMetadataTrackerOptions,
} from './compat/metadata-tracker/mlflow-tracker.ts'
export {
  ModelTrainers,
  type SavedPart,
  type SavedTrainer,
  type TrainerFunctions,
  type TransformerFunctions,
} from './compat/metadata-tracker/model-trainers.ts'
export {
  StoreMetadataTracker,
  type StoreMetadataTrackerOptions,
} from './compat/metadata-tracker/store-tracker.ts'
export { ModelVersion } from './compat/model-version/model-version.ts'
export type * from './compat/model-version/options.ts'
export type { BackendSettings, LoggerSettings, Said } from './compat/model-version/settings.ts'
export { AuthConfig } from './compat/package-storage/auth-config.ts'
export {
  PackageStorage,
  type PackageStorageOptions,
} from './compat/package-storage/package-storage.ts'
export type * from './compat/package-storage/requests.ts'
export type { Digest } from './core/digest.ts'
export * as fields from './core/model-card/field.ts'
export { modelCardPath } from './core/model-card/card-fields.ts'
export type { CardReference } from './core/model-card/references.ts'
export type { Manifest } from './core/packages/documents.ts'
export type { GivenModelType, WireModelType } from './core/packages/model-type.ts'
export type { ModelType, PackageFile, PackageKind, PackagePart } from './core/packages/package.ts'
export { Secret } from './core/secret.ts'
export type { Clock, IdSource } from './ports/clock.ts'
export type {
  ListedPackage,
  PackageInfo,
  PackageRepository,
  UploadedPackage,
} from './ports/package-repository.ts'
export type { Progress, ProgressStep, ProgressTask, ProgressTotal } from './ports/progress.ts'
export type { RemoteSettings } from './ports/remote.ts'
export type * from './store/cards/results.ts'
export type { Environment } from './store/environment.ts'
export type * from './store/import/results.ts'
export type { Accounts } from './store/login/accounts.ts'
export type * from './store/login/requests.ts'
export type { ModelVersionDraft } from './store/model-versions/model-version-draft.ts'
export type * from './store/model-versions/requests.ts'
export type * from './store/number-results.ts'
export { cloneStore, initStore, openAccounts, type OpenOptions, openStore } from './store/open.ts'
export type { UploadReport } from './store/packages/package-doors.ts'
export type * from './store/registry/requests.ts'
export type * from './store/registry/results.ts'
export type * from './store/requests.ts'
export type * from './store/results.ts'
export type * from './store/runs/requests.ts'
export type * from './store/runs/results.ts'
export type { Run } from './store/runs/run.ts'
export { Store } from './store/store.ts'
export { systemEnvironment } from './store/system-environment.ts'
