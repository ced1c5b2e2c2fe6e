/** What `loopback` stands for among the origins */
export const LOOPBACK_ORIGIN = /^https?:\/\/(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d{1,5})?$/

/** Headers of answers that scripts of a browser may read. */
export const EXPOSED_HEADERS = [
  'etag',
  'link',
  'location',
  'retry-after',
  'x-request-id',
  'cache-status',
  'server-timing',
  'x-served-by',
]

/** What scripts of a browser may send. */
export const ALLOWED_METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']
export const ALLOWED_HEADERS = [
  'authorization',
  'content-type',
  'if-match',
  'if-none-match',
  'idempotency-key',
]
/** How long a browser may remember that */
export const PREFLIGHT_SECONDS = 600

export type OriginPolicy = (origin: string | undefined) => boolean

/** @param origins exact origins; `loopback` stands for every loopback origin, any port */
export function originPolicy(origins: readonly string[]): OriginPolicy {
  const loopback = origins.includes('loopback')
  return (origin) =>
    origin !== undefined && (origins.includes(origin) || (loopback && LOOPBACK_ORIGIN.test(origin)))
}

const NO_ORIGIN = { vary: 'Origin' }
const EXPOSED = EXPOSED_HEADERS.join(', ')

/** What an answer says about who may read it, refused or not. */
export function originHeaders(origin: string | undefined, allowed: OriginPolicy): Record<string, string> {
  if (origin === undefined || !allowed(origin)) return NO_ORIGIN
  return { ...NO_ORIGIN, 'access-control-allow-origin': origin, 'access-control-expose-headers': EXPOSED }
}

/** What a browser may send, for an origin that is allowed. */
export function preflightHeaders(): Record<string, string> {
  return {
    'access-control-allow-methods': ALLOWED_METHODS.join(', '),
    'access-control-allow-headers': ALLOWED_HEADERS.join(', '),
    'access-control-max-age': String(PREFLIGHT_SECONDS),
  }
}
