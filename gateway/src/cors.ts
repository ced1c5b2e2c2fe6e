const LOOPBACK_ORIGIN = /^https?:\/\/(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d{1,5})?$/
const MAX_AGE_SECONDS = 600
const EXPOSED_HEADERS =
  'etag, link, location, retry-after, x-request-id, cache-status, server-timing, x-served-by'
const ALLOWED_HEADERS = 'authorization, content-type, if-match, if-none-match, idempotency-key'
const ALLOWED_METHODS = 'GET, POST, PUT, PATCH, DELETE'

/** Whether scripts of an origin may read answers. */
export type OriginPolicy = (origin: string | undefined) => boolean

/** @param origins exact origins; `loopback` stands for every loopback origin, any port */
export function originPolicy(origins: readonly string[]): OriginPolicy {
  const loopback = origins.includes('loopback')
  return (origin) =>
    origin !== undefined && (origins.includes(origin) || (loopback && LOOPBACK_ORIGIN.test(origin)))
}

/** Headers of an answer the gateway makes itself; those of the services bring their own. */
export function problemHeaders(origin: string | undefined, allowed: OriginPolicy): Record<string, string> {
  if (origin === undefined || !allowed(origin)) return { vary: 'Origin' }
  return {
    vary: 'Origin',
    'access-control-allow-origin': origin,
    'access-control-expose-headers': EXPOSED_HEADERS,
  }
}

export function preflightHeaders(): Record<string, string> {
  return {
    'access-control-allow-methods': ALLOWED_METHODS,
    'access-control-allow-headers': ALLOWED_HEADERS,
    'access-control-max-age': String(MAX_AGE_SECONDS),
  }
}
