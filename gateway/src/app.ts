import httpProxy from '@fastify/http-proxy'
import Fastify, { type FastifyError, type FastifyInstance, type FastifyRequest } from 'fastify'
import { Agent } from 'undici'
import { type Balancers, createBalancers } from './balancers.ts'
import type { GatewayConfig } from './config.ts'
import { type OriginPolicy, originPolicy } from './cors.ts'
import { forwardTo } from './forward.ts'
import { servePage } from './page.ts'
import {
  BAD_REQUEST,
  BODY_TOO_LARGE,
  INTERNAL_ERROR,
  NOT_FOUND,
  OVERLOADED,
  refuseMalformed,
  sendProblem,
  UNSUPPORTED_MEDIA_TYPE,
} from './problems.ts'
import { RequestLog, requestId } from './request-log.ts'
import type { Balancer } from './upstreams.ts'

const BODY_LIMIT_BYTES = 65_536
const REQUEST_TIMEOUT_MS = 15_000
const CLIENT_KEEP_ALIVE_MS = 75_000
const CONNECT_TIMEOUT_MS = 1_000
/** Shorter than the services' 72 s, so that no request meets a connection they are closing. */
const UPSTREAM_KEEP_ALIVE_MS = 60_000
/** Longer than two heartbeats of an event stream. */
const UPSTREAM_SILENCE_MS = 40_000

const AUTH_PATHS = ['/auth', '/users', '/audit', '/health', '/.well-known']
const TASK_PATHS = ['/tasks']
const PREFIXES = ['', '/api/v1']
const METHODS = ['DELETE', 'GET', 'HEAD', 'PATCH', 'POST', 'PUT', 'OPTIONS']

function routesOf(paths: readonly string[]): string[] {
  return PREFIXES.flatMap((prefix) => paths.flatMap((path) => [`${prefix}${path}`, `${prefix}${path}/*`]))
}

/** A path that cannot be decoded is an unknown path like any other. */
function rewriteUrl({ url = '/' }: { url?: string | undefined }): string {
  try {
    decodeURIComponent(url.split('?', 1)[0] ?? '/')
    return url
  } catch {
    return '/undecodable-path'
  }
}

/** Keeps the whole gateway within `maxInFlight` requests. */
function limitInFlight(app: FastifyInstance, maxInFlight: number, allowed: OriginPolicy): void {
  let inFlight = 0
  app.addHook('onRequest', async (request, reply) => {
    if (inFlight >= maxInFlight) return sendProblem(request, reply, OVERLOADED, allowed)
    inFlight++
    reply.raw.once('close', () => inFlight--)
  })
}

/** What Fastify refuses to read, by status. */
const UNREADABLE = new Map(
  [BODY_TOO_LARGE, UNSUPPORTED_MEDIA_TYPE].map((problem) => [problem.status, problem]),
)

/** Everything that is not an answer of a service is a problem in the services' envelope. */
function answerProblems(app: FastifyInstance, allowed: OriginPolicy): void {
  app.setNotFoundHandler((request, reply) => sendProblem(request, reply, NOT_FOUND, allowed))
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const known = error.statusCode && UNREADABLE.get(error.statusCode)
    if (known) return sendProblem(request, reply, known, allowed)
    // @fastify/http-proxy refuses paths that climb out of their prefix with 400: to clients, they do not exist.
    if (error.statusCode === 400)
      return sendProblem(request, reply, error.code ? BAD_REQUEST : NOT_FOUND, allowed)
    request.log.error({ err: error }, 'unexpected error')
    return sendProblem(request, reply, INTERNAL_ERROR, allowed)
  })
}

/** Nothing is parsed: a body is read whole, so that a slow client never holds an instance, and sent on as it came. */
function passBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer' }, async (_request: FastifyRequest, body: Buffer) => body)
}

function createAgent({ maxInFlight, upstreamTimeoutMs }: GatewayConfig): Agent {
  return new Agent({
    connect: { timeout: CONNECT_TIMEOUT_MS },
    connections: maxInFlight,
    pipelining: 1,
    keepAliveTimeout: UPSTREAM_KEEP_ALIVE_MS,
    keepAliveMaxTimeout: UPSTREAM_KEEP_ALIVE_MS,
    headersTimeout: upstreamTimeoutMs,
    bodyTimeout: UPSTREAM_SILENCE_MS,
  })
}

/** The gateway: one origin for clients, @fastify/http-proxy to the services, least connections between instances. */
export async function buildGateway(
  config: GatewayConfig,
  balancers: Balancers = createBalancers(config),
): Promise<FastifyInstance> {
  const allowed = originPolicy(config.corsOrigins)
  const agent = createAgent(config)
  const app = Fastify({
    logger: { level: config.logLevel, base: { service: 'gateway', pid: process.pid } },
    logController: new RequestLog(),
    genReqId: requestId,
    rewriteUrl,
    trustProxy: config.trustProxy.length > 0 && [...config.trustProxy],
    bodyLimit: BODY_LIMIT_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: CLIENT_KEEP_ALIVE_MS,
    return503OnClosing: false,
    clientErrorHandler: refuseMalformed,
  })
  app.decorateRequest('answeredByService', false)
  app.addHook('onClose', () => agent.destroy())
  answerProblems(app, allowed)
  limitInFlight(app, config.maxInFlight, allowed)
  passBodies(app)

  const proxy = (paths: readonly string[], balancer: Balancer) =>
    app.register(httpProxy, {
      upstream: '',
      undici: agent,
      routes: routesOf(paths),
      httpMethods: METHODS,
      proxyPayloads: false,
      disableRequestLogging: true,
      internalRewriteLocationHeader: false,
      handler: forwardTo(balancer, allowed),
      replyOptions: { getUpstream: () => balancer.upstreams[0]?.origin ?? '' },
    })
  await proxy(AUTH_PATHS, balancers.auth)
  await proxy(TASK_PATHS, balancers.task)
  if (config.pageDirectory)
    await servePage(app, { directory: config.pageDirectory, connectTo: config.pageConnectTo })
  return app
}
