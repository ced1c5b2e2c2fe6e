import createError from '@fastify/error'
import rateLimit from '@fastify/rate-limit'
import { Counter, type Registry } from '@prometheus-io/client'
import type { FastifyInstance, FastifyServerOptions } from 'fastify'
import fp from 'fastify-plugin'
import belowRouter, { clientErrorHandler } from './below-router.ts'
import bodies from './bodies.ts'
import { type OriginPolicy, originHeaders, originPolicy, preflightHeaders } from './cors.ts'
import emptyBody from './empty-body.ts'
import { hook } from './hooks.ts'
import { httpLimits, PATIENCE, type Patience } from './http-limits.ts'
import { lazyChild } from './lazy-logger.ts'
import { logStream } from './log-stream.ts'
import protocol from './protocol.ts'
import { requestId } from './request-id.ts'
import { logHangUp, RequestLog } from './request-log.ts'
import requestMetrics from './request-metrics.ts'
import { rewriteUrl } from './request-target.ts'
import { securityHeaders } from './security-headers.ts'
import timings from './timings.ts'

const BODY_LIMIT_BYTES = 65_536
const MAX_PARAM_LENGTH = 16_384
/** One year (RFC 6797 §6.1.1) */
const HSTS = 'max-age=31536000; includeSubDomains'

const RateLimited = createError('rate_limited', 'Too many requests. Please wait %s seconds.', 429)

export interface HttpConfig {
  LOG_LEVEL: string
  TRUST_PROXY: readonly string[]
  CORS_ORIGINS: readonly string[]
  RATE_LIMIT_PER_MINUTE: number
  INSTANCE_NAME?: string
  SERVER_TIMING?: boolean
}

/** Fastify options that both services share. */
export function serverOptions(config: HttpConfig, service: string, patience: Patience = PATIENCE) {
  return {
    logger: { level: config.LOG_LEVEL, base: { service, pid: process.pid }, stream: logStream() },
    logController: new RequestLog(),
    childLoggerFactory: lazyChild,
    genReqId: requestId,
    rewriteUrl,
    trustProxy: [...config.TRUST_PROXY],
    bodyLimit: BODY_LIMIT_BYTES,
    ...httpLimits(patience),
    clientErrorHandler: clientErrorHandler(originPolicy(config.CORS_ORIGINS)),
    return503OnClosing: false,
    // No parameter is too long to be looked up and not found; headers have a limit (16 KiB).
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: MAX_PARAM_LENGTH },
    // The library's text names every mistake there is; the error handler names the first ones.
    schemaErrorFormatter: ([first]) => new Error(first?.message),
    // Input is judged as it was sent: nothing is converted or silently dropped.
    ajv: {
      customOptions: { coerceTypes: false, removeAdditional: false, useDefaults: false, allErrors: true },
    },
  } satisfies FastifyServerOptions
}

/**
 * CORS without credentials. @fastify/cors does the same, but puts the same headers together for each request, which was a
 * twelfth of the cost of a cached list.
 */
function shareWithOrigins(app: FastifyInstance, allowed: OriginPolicy): void {
  const preflight = { ...preflightHeaders(), 'content-length': '0' }
  app.addHook('onRequest', (request, reply, done) => {
    const { origin } = request.headers
    reply.headers(originHeaders(origin, allowed))
    // An OPTIONS without a requested method is treated as a preflight, too. Before the limits, and before a token is asked for.
    if (request.method === 'OPTIONS' && allowed(origin)) reply.code(204).headers(preflight).send()
    else done()
  })
  // Lets the hooks run for OPTIONS of every path; without an origin that may ask, it is a method like any other.
  app.options('*', { schema: { hide: true } }, (_request, reply) => reply.callNotFound())
}

async function publicHttp(
  app: FastifyInstance,
  { config, registry }: { config: HttpConfig; registry: Registry },
) {
  const allowed = originPolicy(config.CORS_ORIGINS)
  const hungUp = new Counter({
    name: 'http_requests_hung_up_total',
    help: 'Requests whose client went away before the answer',
    registers: [registry],
  })
  await app.register(belowRouter, {
    allowed,
    onHangUp(request, reply) {
      hungUp.inc()
      logHangUp(request, reply)
    },
  })
  const constant = {
    ...securityHeaders(),
    ...(config.INSTANCE_NAME && { 'x-served-by': config.INSTANCE_NAME }),
  }
  app.addHook(
    'onRequest',
    hook((request, reply) => {
      reply.header('x-request-id', request.id).headers(constant)
      // RFC 6797 §7.2: never over http. A trusted proxy says what the client came by.
      if (request.protocol === 'https') reply.header('strict-transport-security', HSTS)
    }),
  )
  if (config.SERVER_TIMING) await app.register(timings)
  await app.register(requestMetrics, { registry })
  shareWithOrigins(app, allowed)
  await app.register(protocol)
  await app.register(bodies)
  await app.register(emptyBody)
  await app.register(rateLimit, {
    global: false,
    max: config.RATE_LIMIT_PER_MINUTE,
    timeWindow: '1 minute',
    enableDraftSpec: true,
    // Whether a method is allowed, and for whom, can be asked without end.
    allowList: ({ method }) => method === 'OPTIONS',
    errorResponseBuilder: (_request, { ttl }) => new RateLimited(Math.ceil(ttl / 1000)),
  })
  // Not left to the routes: their hooks come after the scope's, which has spent a verification on the token by then.
  if (config.RATE_LIMIT_PER_MINUTE > 0) app.addHook('onRequest', app.rateLimit())
}

/** What every client meets before a route: request id, metrics, security headers, CORS, rate limit. */
export default fp(publicHttp, { name: 'public-http' })
