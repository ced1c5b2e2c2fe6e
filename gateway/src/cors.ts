import {
  ALLOWED_HEADERS,
  ALLOWED_METHODS,
  EXPOSED_HEADERS,
  type OriginPolicy,
  PREFLIGHT_SECONDS,
} from './platform/cors.ts'

/** Headers of an answer the gateway makes itself; those of the services bring their own. */
export function problemHeaders(origin: string | undefined, allowed: OriginPolicy): Record<string, string> {
  if (origin === undefined || !allowed(origin)) return { vary: 'Origin' }
  return {
    vary: 'Origin',
    'access-control-allow-origin': origin,
    'access-control-expose-headers': EXPOSED_HEADERS.join(', '),
  }
}

export function preflightHeaders(): Record<string, string> {
  return {
    'access-control-allow-methods': ALLOWED_METHODS.join(', '),
    'access-control-allow-headers': ALLOWED_HEADERS.join(', '),
    'access-control-max-age': String(PREFLIGHT_SECONDS),
  }
}
