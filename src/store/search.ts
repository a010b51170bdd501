/** `search`: artifacts and versions by name, tag and metadata. */

import type { VersionSummary } from './results.ts'

/** One version that matches, as `log` shows it. */
export type CatalogSearchRow = VersionSummary
