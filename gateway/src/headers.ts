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
const OF_ANSWERS = new Set(HOP_BY_HOP)
/** A service has another host, and only a proxy may say who the client is: what a client claims is dropped. */
const OF_REQUESTS = new Set([...HOP_BY_HOP, 'host', 'forwarded', 'x-real-ip'])
const NONE: readonly string[] = []

/** Headers that the sender has limited to this connection, by naming them in `Connection`. */
function namedBy(connection: string | undefined): readonly string[] {
  if (connection === undefined || connection === 'keep-alive') return NONE
  return connection.split(',').map((name) => name.trim().toLowerCase())
}

function without(headers: IncomingHttpHeaders, dropped: ReadonlySet<string>): IncomingHttpHeaders {
  const named = namedBy(headers.connection)
  const kept: IncomingHttpHeaders = {}
  for (const name of Object.keys(headers))
    if (!dropped.has(name) && !named.includes(name)) kept[name] = headers[name]
  return kept
}

/** The chain of addresses, client first. Only trusted proxies extend it beyond the peer of this connection. */
function forwardedFor(request: FastifyRequest): string {
  return request.ips ? request.ips.toReversed().join(', ') : request.ip
}

/** Headers of the request to a service: the client's own, and what only the gateway knows. */
export function requestHeaders(request: FastifyRequest): IncomingHttpHeaders {
  const forwarded = without(request.headers, OF_REQUESTS)
  // Fastify reads no body with GET and HEAD, so there is none to announce.
  if (request.method === 'GET' || request.method === 'HEAD') delete forwarded['content-length']
  forwarded['x-request-id'] = request.id
  forwarded['x-forwarded-for'] = forwardedFor(request)
  forwarded['x-forwarded-proto'] = request.protocol
  forwarded['x-forwarded-host'] = request.host
  return forwarded
}

/** Headers of a service's answer on their way to the client. */
export function responseHeaders(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  return without(headers, OF_ANSWERS)
}
