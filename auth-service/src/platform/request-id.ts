import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'

const SAFE_REQUEST_ID = /^[\w.~-]{1,64}$/

/** @param given an `X-Request-Id`: taken when it is safe to log, else there is a new one */
export function requestIdOf(given: unknown): string {
  return typeof given === 'string' && SAFE_REQUEST_ID.test(given) ? given : randomUUID()
}

export function requestId(request: IncomingMessage): string {
  return requestIdOf(request.headers['x-request-id'])
}
