/** A quoted tag and what ends it in a list; RFC 9110 §8.8.3 */
const ENTITY_TAG = /\s*(W\/)?"([!#-~\x80-\xff]*)"\s*(?:,|$)/y

interface EntityTag {
  isWeak: boolean
  tag: string
}

interface ConditionalRequest {
  method: string
  headers: { 'if-match'?: string | undefined; 'if-none-match'?: string | undefined }
}

/** None of a list that is malformed. */
function entityTags(header: string): EntityTag[] {
  const found: EntityTag[] = []
  ENTITY_TAG.lastIndex = 0
  while (ENTITY_TAG.lastIndex < header.length) {
    const match = ENTITY_TAG.exec(header)
    if (!match) return []
    found.push({ isWeak: match[1] !== undefined, tag: match[2] ?? '' })
  }
  return found
}

/** Strong comparison (RFC 9110 §8.8.3.2): a weak tag matches nothing. */
function isMatch(header: string, etag: string): boolean {
  return header.trim() === '*' || entityTags(header).some(({ isWeak, tag }) => !isWeak && tag === etag)
}

/** Weak comparison: proxies that compress weaken tags. */
function isNoneMatch(header: string, etag: string): boolean {
  return header.trim() !== '*' && !entityTags(header).some(({ tag }) => tag === etag)
}

/**
 * What a client makes its request depend on (RFC 9110 §13). `If-Modified-Since` and `If-Unmodified-Since` are ignored,
 * as they have to be where nothing has a date of modification.
 */
export class Preconditions {
  readonly #isRead: boolean
  readonly #ifMatch: string | undefined
  readonly #ifNoneMatch: string | undefined

  constructor({ method, headers }: ConditionalRequest) {
    this.#isRead = method === 'GET' || method === 'HEAD'
    this.#ifMatch = headers['if-match']
    this.#ifNoneMatch = headers['if-none-match']
  }

  /**
   * In the order of RFC 9110 §13.2.2.
   * @param etag strong, of what there is now, without its quotes
   * @returns `failed` is 412, `unchanged` 304
   */
  check(etag: string): 'met' | 'unchanged' | 'failed' {
    if (this.#ifMatch !== undefined && !isMatch(this.#ifMatch, etag)) return 'failed'
    if (this.#ifNoneMatch !== undefined && !isNoneMatch(this.#ifNoneMatch, etag))
      return this.#isRead ? 'unchanged' : 'failed'
    return 'met'
  }
}
