import { createHash } from 'node:crypto'

const ETAG_LENGTH = 22
const NEWLINE = 0x0a

/** A page of tasks as it goes out: final bytes, so that a cache hit parses and serialises nothing. */
export interface ListPage {
  /** Digest of the exact bytes, without quotes */
  etag: string
  /** Cursor of the next page */
  next: string | undefined
  body: Buffer
}

export function listPage(tasks: object[], next: string | undefined): ListPage {
  const body = Buffer.from(JSON.stringify(tasks))
  const digest = createHash('sha256')
    .update(body)
    .update(next ?? '')
    .digest('base64url')
  return { etag: digest.slice(0, ETAG_LENGTH), next, body }
}

/** `etag cursor \n body`: one string in the cache. */
export function encodePage(page: ListPage): Buffer {
  return Buffer.concat([Buffer.from(`${page.etag}${page.next ?? ''}\n`), page.body])
}

export function decodePage(bytes: Buffer): ListPage {
  const end = bytes.indexOf(NEWLINE)
  const head = bytes.toString('latin1', 0, end)
  return {
    etag: head.slice(0, ETAG_LENGTH),
    next: head.slice(ETAG_LENGTH) || undefined,
    body: bytes.subarray(end + 1),
  }
}
