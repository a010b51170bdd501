/** The public API of mlstore. */

export { type ErrorCode, isMlstoreError, MlstoreError } from './errors.ts'
export type { Digest } from './core/digest.ts'
export type { Clock, IdSource } from './ports/clock.ts'
export type { Progress, ProgressStep, ProgressTask, ProgressTotal } from './ports/progress.ts'
export type { RemoteSettings } from './ports/remote.ts'
export type { Environment } from './store/environment.ts'
export { cloneStore, initStore, type OpenOptions, openStore } from './store/open.ts'
export type * from './store/requests.ts'
export type * from './store/results.ts'
export { Store } from './store/store.ts'
export { systemEnvironment } from './store/system-environment.ts'
