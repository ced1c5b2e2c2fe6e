import httpProxy from '@fastify/http-proxy'
import Fastify, { type FastifyError, type FastifyInstance, type FastifyRequest } from 'fastify'
import { Agent } from 'undici'
import { type Balancers, createBalancers } from './balancers.ts'
import type { GatewayConfig } from './config.ts'
import {
  AUTH_PATHS,
  BAD_REQUEST,
  BODY_TOO_LARGE,
  INTERNAL_ERROR,
  METHOD_NOT_ALLOWED,
  METHODS,
  NOT_FOUND,
  OVERLOADED,
  PREFIXES,
  STREAM_SILENCE_SECONDS,
  TASK_PATHS,
  UNSUPPORTED_MEDIA_TYPE,
  UPSTREAM_IDLE_MS,
} from './contract.ts'
import { forwardTo } from './forward.ts'
import { servePage } from './page.ts'
import belowRouter, { clientErrorHandler } from './platform/below-router.ts'
import { type OriginPolicy, originPolicy } from './platform/cors.ts'
import { prepareDrain } from './platform/drain.ts'
import { payloadHook } from './platform/hooks.ts'
import { httpLimits, PATIENCE } from './platform/http-limits.ts'
import { lazyChild } from './platform/lazy-logger.ts'
import { refusalOf } from './platform/problems.ts'
import protocol from './platform/protocol.ts'
import { requestId } from './platform/request-id.ts'
import { originForm, pathOf } from './platform/request-target.ts'
import { sendProblem } from './problems.ts'
import { logHangUp, RequestLog } from './request-log.ts'
import type { Balancer } from './upstreams.ts'

const BODY_LIMIT_BYTES = 65_536
/** Longer than a proxy in front keeps an idle connection. */
const CLIENT_KEEP_ALIVE_MS = 75_000
const CONNECT_TIMEOUT_MS = 1_000
/** Longer than two heartbeats of an event stream. */
const UPSTREAM_SILENCE_MS = STREAM_SILENCE_SECONDS * 1_000

function routesOf(paths: readonly string[]): string[] {
  return PREFIXES.flatMap((prefix) => paths.flatMap((path) => [`${prefix}${path}`, `${prefix}${path}/*`]))
}

/** Whether the path belongs to a service: then only the method is wrong. */
function isRouted(target: string): boolean {
  const path = pathOf(target)
  const known = PREFIXES.flatMap((prefix) => [...AUTH_PATHS, ...TASK_PATHS].map((one) => prefix + one))
  return known.some((one) => path === one || path.startsWith(`${one}/`))
}

/** Keeps the whole gateway within `maxInFlight` requests; a stream counts until it begins, and has a limit in its service. */
function limitInFlight(app: FastifyInstance, maxInFlight: number, allowed: OriginPolicy): void {
  let inFlight = 0
  app.addHook('onRequest', (request, reply, done) => {
    if (inFlight >= maxInFlight) return void sendProblem(request, reply, OVERLOADED, allowed)
    inFlight++
    let counted = true
    request.leaveFlight = () => {
      if (counted) inFlight--
      counted = false
    }
    reply.raw.once('close', request.leaveFlight)
    done()
  })
}

/** What Fastify refuses to read, by status. */
const UNREADABLE = new Map(
  [BODY_TOO_LARGE, UNSUPPORTED_MEDIA_TYPE].map((problem) => [problem.status, problem]),
)

/** Everything that is not an answer of a service is a problem in the services' envelope. */
function answerProblems(app: FastifyInstance, allowed: OriginPolicy): void {
  app.setNotFoundHandler((request, reply) => {
    const isWholeServer = request.originalUrl === '*'
    if (!isWholeServer && (METHODS.includes(request.method) || !isRouted(request.originalUrl)))
      return sendProblem(request, reply, NOT_FOUND, allowed)
    reply.header('allow', METHODS.join(', '))
    // RFC 9110 §9.3.7
    if (request.method === 'OPTIONS') return reply.code(204).send()
    return sendProblem(request, reply, METHOD_NOT_ALLOWED, allowed)
  })
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const known = error.statusCode && UNREADABLE.get(error.statusCode)
    if (known) return sendProblem(request, reply, known, allowed)
    // @fastify/http-proxy refuses paths that climb out of their prefix with 400: to clients, they do not exist.
    if (error.statusCode === 400 && !error.code) return sendProblem(request, reply, NOT_FOUND, allowed)
    if (error.statusCode === 400 && error.code.startsWith('FST_'))
      return sendProblem(request, reply, BAD_REQUEST, allowed)
    // What protocol.ts and below-router.ts refuse.
    const refusal = refusalOf(error)
    if (refusal.status !== 500) return sendProblem(request, reply, refusal, allowed)
    request.log.error({ err: error }, 'unexpected error')
    return sendProblem(request, reply, INTERNAL_ERROR, allowed)
  })
}

declare module 'fastify' {
  interface FastifyInstance {
    /** See {@link prepareDrain}; to be called before `close`. */
    drain(delayMs: number): Promise<void>
  }
}

/** Once the gateway is to leave, each answer closes its connection: a client cannot send a request on one that is about to go. */
function closeByAnswers(app: FastifyInstance): void {
  let isDraining = false
  app.addHook(
    'onSend',
    payloadHook((_request, reply) => {
      if (isDraining) reply.header('connection', 'close')
    }),
  )
  app.decorate('drain', prepareDrain(app, { drain: () => (isDraining = true) }))
}

/** Nothing is parsed: a body is read whole, so that a slow client never holds an instance, and sent on as it came. */
function passBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer' }, async (_request: FastifyRequest, body: Buffer) => body)
}

function createAgent({ upstreamTimeoutMs }: GatewayConfig): Agent {
  return new Agent({
    connect: { timeout: CONNECT_TIMEOUT_MS },
    // No limit of its own: requests have one in this gateway, streams have theirs in the services.
    connections: null,
    pipelining: 1,
    keepAliveTimeout: UPSTREAM_IDLE_MS,
    keepAliveMaxTimeout: UPSTREAM_IDLE_MS,
    headersTimeout: upstreamTimeoutMs,
    bodyTimeout: UPSTREAM_SILENCE_MS,
  })
}

/**
 * The gateway: one origin for clients, @fastify/http-proxy to the services, least connections between instances.
 * @param logTo standard output when left out
 */
export async function buildGateway(
  config: GatewayConfig,
  balancers: Balancers = createBalancers(config),
  logTo?: { write(line: string): void },
): Promise<FastifyInstance> {
  const allowed = originPolicy(config.corsOrigins)
  const agent = createAgent(config)
  const app = Fastify({
    logger: {
      level: config.logLevel,
      base: { service: 'gateway', pid: process.pid },
      ...(logTo && { stream: logTo }),
    },
    logController: new RequestLog(),
    childLoggerFactory: lazyChild,
    genReqId: requestId,
    rewriteUrl: originForm,
    trustProxy: config.trustProxy.length > 0 && [...config.trustProxy],
    bodyLimit: BODY_LIMIT_BYTES,
    ...httpLimits({ ...PATIENCE, keepAlive: CLIENT_KEEP_ALIVE_MS }),
    return503OnClosing: false,
    clientErrorHandler: clientErrorHandler(allowed),
  })
  app.decorateRequest('answeredByService', false)
  app.decorateRequest('sentToService', false)
  app.decorateRequest('leaveFlight', () => {})
  app.addHook('onClose', () => agent.destroy())
  closeByAnswers(app)
  answerProblems(app, allowed)
  await app.register(belowRouter, { allowed, onHangUp: logHangUp })
  await app.register(protocol)
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
      handler: forwardTo(balancer, allowed, agent),
      replyOptions: { getUpstream: () => balancer.upstreams[0]?.origin ?? '' },
    })
  await proxy(AUTH_PATHS, balancers.auth)
  await proxy(TASK_PATHS, balancers.task)
  if (config.pageDirectory)
    await servePage(app, { directory: config.pageDirectory, connectTo: config.pageConnectTo })
  return app
}
