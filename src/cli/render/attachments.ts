/** Attachments as text: what `attach` and `attachments` print. */

import type { Attachment, AttachResult } from '../../store/results.ts'
import { formatBytes, formatContent, formatTime, shortDigest } from '../../core/amounts.ts'
import { table } from './columns.ts'
import { visible } from '../../core/visible-text.ts'
import type { Paint } from './paint.ts'
import { tagsOf } from './versions.ts'

export function renderAttached(result: AttachResult, paint: Paint): string {
  const unchanged = result.unchanged ? ', unchanged' : ''
  const name = paint('bold', visible(result.name))
  return `${name}  ${shortDigest(result.version)}  ${formatContent(result)}${unchanged}`
}

export function renderAttachments(rows: readonly Attachment[], paint: Paint): string {
  const hasTags = rows.some(({ tags }) => Object.keys(tags).length > 0)
  return table(
    rows,
    [
      { title: 'TYPE', cell: (row) => visible(row.type) },
      { title: 'NAME', cell: (row) => visible(row.name) },
      { title: 'CREATED', cell: (row) => formatTime(row.createdAt) },
      { title: 'SIZE', cell: (row) => formatBytes(row.sizeBytes), align: 'right' },
      ...(hasTags
        ? [{ title: 'TAGS', cell: (row: Attachment) => tagsOf(row.tags).join(' ') }]
        : []),
    ],
    paint,
  )
}
