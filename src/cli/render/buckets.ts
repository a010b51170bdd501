/** What travels to and from buckets, as text. */

import type { BucketTransfer } from '../../compat/bucket-ref/requests.ts'
import { formatContent } from '../../core/amounts.ts'
import { visible } from '../../core/visible-text.ts'

const verbs = { upload: 'Uploaded', download: 'Downloaded', link: 'Linked' } as const

/** `Uploaded model/resnet/v1 to models  3 files, 97.5 MiB`. */
export function renderTransfer(transfer: BucketTransfer): string {
  const { kind, type, name, alias, remote, path } = transfer
  const artifact = visible([type, name, alias].join('/'))
  const verb = `${verbs[kind]} ${artifact}`
  if (kind === 'download') return `${verb} -> ${visible(path)}  ${formatContent(transfer)}`
  if (kind === 'link') return `${verb} to what is at ${visible(path)}, on ${visible(remote)}`
  return `${verb} to ${visible(remote)}  ${formatContent(transfer)}`
}
