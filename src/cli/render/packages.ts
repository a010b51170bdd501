/** Packages as text: what `mlstore model` and `mlstore dataset` print. */

import type { DownloadResult, PackageSummary } from '../../compat/package-storage/requests.ts'
import type { ListedPackage, PackageInfo, UploadedPackage } from '../../ports/package-repository.ts'
import { formatBytes, formatContent, formatTime, shortDigest } from '../../core/amounts.ts'
import { aligned, table } from './columns.ts'
import { visible } from '../../core/visible-text.ts'
import type { Paint } from './paint.ts'
import { tagsOf } from './versions.ts'

type Named = Pick<ListedPackage, 'namespace' | 'name'>

export function renderUploaded(result: UploadedPackage, paint: Paint): string {
  const { digest, reusedBytes, sentBytes, remote, unchanged } = result
  const cost = unchanged
    ? 'unchanged'
    : `${formatBytes(reusedBytes)} reused, ${formatBytes(sentBytes)} sent`
  const place = remote === null ? '' : `  -> ${visible(remote)}`
  return `${titleOf(result, paint)}  ${shortDigest(digest)}  ${formatContent(result)}, ${cost}${place}`
}

export function renderDownloaded(result: DownloadResult, paint: Paint): string {
  const { path, fetchedBytes } = result
  const fetched = fetchedBytes === 0 ? '' : `, ${formatBytes(fetchedBytes)} fetched`
  return `${titleOf(result, paint)} -> ${visible(path)}  ${formatContent(result)}${fetched}`
}

export function renderPackageInfo(info: PackageInfo, paint: Paint): string {
  const { digest, createdAt, modelType, properties, files } = info
  const rows = [
    ['digest', digest],
    ['created', createdAt === null ? '-' : formatTime(createdAt)],
    ...Object.entries(modelType ?? {}).map(([key, value]) => [key, visible(value)]),
    ['properties', properties === null ? '-' : tagsOf(properties).join(' ')],
  ]
  const list = table(
    files,
    [
      { title: 'PART', cell: ({ part }) => part },
      { title: 'SIZE', cell: ({ sizeBytes }) => formatBytes(sizeBytes), align: 'right' },
      { title: 'DIGEST', cell: (file) => shortDigest(file.digest) },
      { title: 'PATH', cell: ({ path }) => visible(path) },
    ],
    paint,
  )
  return [titleOf(info, paint), ...aligned(rows), '', list].join('\n')
}

export function renderPackages(packages: readonly PackageSummary[], paint: Paint): string {
  return table(
    packages,
    [
      { title: 'NAME', cell: (row) => visible(nameOf(row)) },
      { title: 'VERSIONS', cell: ({ versions }) => String(versions), align: 'right' },
      { title: 'LATEST', cell: ({ latest }) => visible(latest) },
    ],
    paint,
  )
}

export function renderPackageVersions(versions: readonly ListedPackage[], paint: Paint): string {
  return table(
    versions,
    [
      { title: 'VERSION', cell: ({ version }) => visible(version) },
      {
        title: 'CREATED',
        cell: ({ createdAt }) => (createdAt === null ? '-' : formatTime(createdAt)),
      },
      { title: 'FILES', cell: ({ files }) => String(files ?? '-'), align: 'right' },
      {
        title: 'SIZE',
        cell: ({ sizeBytes }) => (sizeBytes === null ? '-' : formatBytes(sizeBytes)),
        align: 'right',
      },
    ],
    paint,
  )
}

function titleOf(named: Named & { readonly version: string }, paint: Paint): string {
  return paint('bold', visible(`${nameOf(named)}@${named.version}`))
}

function nameOf({ namespace, name }: Named): string {
  return namespace === null ? name : `${namespace}/${name}`
}
