/** The XML documents of S3 that the test server answers with. */

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
}

function escape(text: string): string {
  return text.replaceAll(/[&<>"]/g, (character) => entities[character] ?? '')
}

function element(name: string, content: string): string {
  return `<${name}>${content}</${name}>`
}

const declaration = '<?xml version="1.0" encoding="UTF-8"?>\n'

/** An error document; `elements` are further ones, such as `Region`. */
export function errorDocument(
  code: string,
  elements: Readonly<Record<string, string>> = {},
): string {
  const all = { Code: code, Message: `the test server says ${code}`, ...elements }
  const inner = Object.entries(all).map(([name, value]) => element(name, escape(value)))
  return declaration + element('Error', inner.join(''))
}

export type ListedObject = {
  readonly key: string
  readonly sizeBytes: number
  readonly modifiedAt: Date
  readonly etag: string
}

export type ListPage = {
  readonly bucket: string
  readonly prefix: string
  readonly objects: readonly ListedObject[]
  readonly isTruncated: boolean
  readonly token: string | undefined
}

/** One page of ListObjectsV2. */
export function listDocument(page: ListPage): string {
  const contents = page.objects.map((object) =>
    element(
      'Contents',
      element('Key', escape(object.key)) +
        element('LastModified', object.modifiedAt.toISOString()) +
        element('ETag', escape(object.etag)) +
        element('Size', String(object.sizeBytes)) +
        element('StorageClass', 'STANDARD'),
    ),
  )
  const token = page.token === undefined ? '' : element('NextContinuationToken', escape(page.token))
  const inner =
    element('Name', page.bucket) +
    element('Prefix', escape(page.prefix)) +
    element('KeyCount', String(page.objects.length)) +
    element('MaxKeys', '1000') +
    element('IsTruncated', String(page.isTruncated)) +
    token +
    contents.join('')
  return `${declaration}<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${inner}</ListBucketResult>`
}
