/** What the store holds for packages that are on their way. */

import type { Digest } from '../../core/digest.ts'
import type { PackageContent, PackageId } from '../../core/packages/package.ts'

export type HeldContent = { readonly digest: Digest; readonly sizeBytes: number }

export type HeldPackage = PackageId &
  PackageContent & { readonly properties: Readonly<Record<string, string>> }
