import type { IncomingHttpHeaders } from 'node:http'
import { Readable } from 'node:stream'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Dispatcher } from 'undici'
import { KEYED_PATHS, PREFIXES, type Problem, TIMED_OUT, UNREACHABLE } from './contract.ts'
import { type Answer, exchange } from './exchange.ts'
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

/** Paths that a URL parser leaves as they are: nearly all. */
const PLAIN_PATH = /^(\/[\w~-][\w.~-]*)*\/?$/

/** @param path as @fastify/http-proxy has judged it; the query is the client's own */
function targetOf({ raw: { url = '' } }: FastifyRequest, path: string, origin: string): string {
  const query = url.indexOf('?')
  const target = PLAIN_PATH.test(path) ? path : new URL(path, origin).pathname
  return query === -1 ? target : target + url.slice(query)
}

/** An answer without an end, which would otherwise hold a place for as long as somebody listens. */
function isStream({ 'content-type': type }: IncomingHttpHeaders): boolean {
  return type?.startsWith('text/event-stream') === true
}

function isRepeatable({ method, url, headers }: FastifyRequest): boolean {
  if (method !== 'POST') return REPEATABLE.has(method)
  return headers['idempotency-key'] !== undefined && KEYED.has(pathOf(url).replace(/\/$/, ''))
}

function pass(request: FastifyRequest, reply: FastifyReply, { status, headers, body }: Answer): void {
  if (request.raw.aborted) {
    if (body instanceof Readable) body.destroy()
    return
  }
  request.answeredByService = true
  if (isStream(headers)) request.leaveFlight()
  reply.code(status).headers(responseHeaders(headers))
  // The rest of a body that nobody reads would be taken for the next request.
  if (!request.raw.complete) reply.header('connection', 'close')
  reply.send(body)
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
 * creations with an `Idempotency-Key`, never for another write. Not through its `reply.from`, whose streams cost as much
 * as a cached list.
 */
export function forwardTo(balancer: Balancer, allowed: OriginPolicy, dispatcher: Dispatcher) {
  return function forward(request: FastifyRequest, reply: FastifyReply, path: string): FastifyReply {
    const tried: Upstream[] = []

    function giveUp(problem: Problem): void {
      sendProblem(request, reply, problem, allowed)
    }

    function attempt(): void {
      const upstream = balancer.acquire(tried)
      if (!upstream) {
        giveUp(UNREACHABLE)
        return
      }
      const { origin } = upstream
      const release = occupy(balancer, upstream, reply)
      tried.push(upstream)
      request.sentToService = true
      const { method, body } = request
      const sent = {
        origin,
        path: targetOf(request, path, origin),
        method: method as Dispatcher.HttpMethod,
        headers: requestHeaders(request),
        body: Buffer.isBuffer(body) ? body : null,
      }
      exchange(dispatcher, sent, {
        onAnswer(answer) {
          // As every answer of an instance that drains does.
          if (answer.headers.connection === 'close') balancer.leaves(upstream)
          pass(request, reply, answer)
        },
        onFailure({ code = 'unknown' }) {
          release()
          if (NOT_CONNECTED.has(code)) balancer.passOver(upstream)
          const movable = NOT_CONNECTED.has(code) || (BROKEN.has(code) && isRepeatable(request))
          if (movable && tried.length < MAX_TRIES && !request.raw.aborted) attempt()
          else giveUp(TIMEOUTS.has(code) ? TIMED_OUT : UNREACHABLE)
        },
      })
    }

    attempt()
    return reply
  }
}
