import type { IncomingHttpHeaders } from 'node:http'
import type { FastifyRequest } from 'fastify'

/** RFC 9110 §7.6.1: these concern one connection, not the message; `expect` was answered here already. */
const HOP_BY_HOP = [
  'connection',
  'expect',
  'http2-settings',
  'keep-alive',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]
/** Only a proxy may say these; what a client claims is dropped. */
const PROXY_ONLY = ['forwarded', 'x-real-ip']

function without(headers: IncomingHttpHeaders, names: readonly string[]): IncomingHttpHeaders {
  const kept = { ...headers }
  for (const name of names) delete kept[name]
  return kept
}

/** The chain of addresses, client first. Only trusted proxies extend it beyond the peer of this connection. */
function forwardedFor(request: FastifyRequest): string {
  return request.ips ? request.ips.toReversed().join(', ') : request.ip
}

/** Headers of the request to a service: the client's own, and what only the gateway knows. */
export function requestHeaders(request: FastifyRequest, headers: IncomingHttpHeaders): IncomingHttpHeaders {
  const forwarded = without(headers, [...HOP_BY_HOP, ...PROXY_ONLY])
  // Bodies are passed on byte by byte, so their type is passed on as it was said, or not said.
  if (request.headers['content-type'] === undefined) delete forwarded['content-type']
  // Fastify reads no body with GET and HEAD, so there is none to announce.
  if (request.method === 'GET' || request.method === 'HEAD') delete forwarded['content-length']
  return {
    ...forwarded,
    'x-request-id': request.id,
    'x-forwarded-for': forwardedFor(request),
    'x-forwarded-proto': request.protocol,
    'x-forwarded-host': request.host,
  }
}

/** Headers of a service's answer on their way to the client. */
export function responseHeaders(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  return without(headers, HOP_BY_HOP)
}
