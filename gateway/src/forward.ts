import type { IncomingHttpHeaders } from 'node:http'
import type { FastifyReplyFromHooks } from '@fastify/reply-from'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { KEYED_PATHS, PREFIXES, type Problem, TIMED_OUT, UNREACHABLE } from './contract.ts'
import { requestHeaders, responseHeaders } from './headers.ts'
import type { OriginPolicy } from './platform/cors.ts'
import { pathOf } from './platform/request-target.ts'
import { sendProblem } from './problems.ts'
import type { Balancer, Upstream } from './upstreams.ts'

const MAX_TRIES = 3
/** Safe to send twice even though the first may have been carried out. */
const REPEATABLE = new Set(['GET', 'HEAD', 'OPTIONS'])
const KEYED = new Set(PREFIXES.flatMap((prefix) => KEYED_PATHS.map((path) => prefix + path)))
/** No connection came about, so nothing was sent: another instance may take the request, whatever its method. */
const NOT_CONNECTED = new Set(['ECONNREFUSED', 'UND_ERR_CONNECT_TIMEOUT', 'EHOSTUNREACH', 'ENETUNREACH'])
/** The connection broke while the request was on its way or being served. */
const BROKEN = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET'])
const TIMEOUTS = new Set(['UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_CONNECT_TIMEOUT'])

type ForwardOptions = FastifyReplyFromHooks

/** Said with a type, a body is sent as it is; the true type is restored with the headers. */
function bodyOf({ body, headers }: FastifyRequest): ForwardOptions {
  return Buffer.isBuffer(body)
    ? { body, contentType: headers['content-type'] ?? 'application/octet-stream' }
    : {}
}

/** An answer without an end, which would otherwise hold a place for as long as somebody listens. */
function isStream({ 'content-type': type }: IncomingHttpHeaders): boolean {
  return type?.startsWith('text/event-stream') === true
}

function isRepeatable({ method, url, headers }: FastifyRequest): boolean {
  if (method !== 'POST') return REPEATABLE.has(method)
  return headers['idempotency-key'] !== undefined && KEYED.has(pathOf(url).replace(/\/$/, ''))
}

/** The cause of a failed attempt; @fastify/reply-from wraps it. */
function causeCode(error: Error & { code?: string }): string {
  const cause = error.cause as { code?: string } | undefined
  return cause?.code ?? error.code ?? 'unknown'
}

/** Counts a request on its instance until it is answered, given up or moved to another one. */
function occupy(balancer: Balancer, upstream: Upstream, reply: FastifyReply): () => void {
  let occupied = true
  const release = () => {
    if (occupied) balancer.release(upstream)
    occupied = false
    reply.raw.off('close', release)
  }
  reply.raw.once('close', release)
  return release
}

/**
 * The handler of @fastify/http-proxy: sends a request to the least loaded instance. What never reached an instance goes
 * to another one; a connection that broke later is repeated only for GET, HEAD, OPTIONS and
 * creations with an `Idempotency-Key`, never for another write.
 */
export function forwardTo(balancer: Balancer, allowed: OriginPolicy) {
  return function forward(
    request: FastifyRequest,
    reply: FastifyReply,
    path: string,
    options: ForwardOptions,
  ): FastifyReply {
    const tried: Upstream[] = []

    function giveUp(problem: Problem): FastifyReply {
      return sendProblem(request, reply, problem, allowed)
    }

    function attempt(): FastifyReply {
      const upstream = balancer.acquire(tried)
      if (!upstream) return giveUp(UNREACHABLE)
      const release = occupy(balancer, upstream, reply)
      tried.push(upstream)
      request.sentToService = true
      return reply.from(path, {
        ...options,
        ...bodyOf(request),
        getUpstream: () => upstream.origin,
        rewriteRequestHeaders: (_request, headers) => requestHeaders(request, headers),
        rewriteHeaders(headers) {
          request.answeredByService = true
          if (isStream(headers)) request.leaveFlight()
          return responseHeaders(headers)
        },
        // Its own retries go to the same instance, and repeat answers of 503.
        retryDelay: () => null,
        onError(_reply, { error }) {
          release()
          const code = causeCode(error)
          if (NOT_CONNECTED.has(code)) balancer.passOver(upstream)
          const movable = NOT_CONNECTED.has(code) || (BROKEN.has(code) && isRepeatable(request))
          if (movable && tried.length < MAX_TRIES && !request.raw.aborted) attempt()
          else giveUp(TIMEOUTS.has(code) ? TIMED_OUT : UNREACHABLE)
        },
      })
    }

    return attempt()
  }
}
