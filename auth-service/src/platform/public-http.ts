import type { IncomingMessage } from 'node:http'
import cors from '@fastify/cors'
import createError from '@fastify/error'
import helmet from '@fastify/helmet'
import rateLimit from '@fastify/rate-limit'
import type { Registry } from '@prometheus-io/client'
import type { FastifyBodyParser, FastifyInstance, FastifyServerOptions } from 'fastify'
import metrics from 'fastify-metrics'
import fp from 'fastify-plugin'
import { RequestLog, requestId } from './request-log.ts'

const BODY_LIMIT_BYTES = 65_536
const MAX_PARAM_LENGTH = 16_384
const REQUEST_TIMEOUT_MS = 15_000
/** Longer than proxies keep an idle connection (60 s); else they meet a closing socket and a POST ends in 502. */
const KEEP_ALIVE_MS = 72_000
const API_PREFIX = /^\/api\/v1(?=\/|$)/
const LOOPBACK_ORIGIN = /^https?:\/\/(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d{1,5})?$/

const RateLimited = createError('rate_limited', 'Too many requests. Please wait %s seconds.', 429)

export interface HttpConfig {
  LOG_LEVEL: string
  TRUST_PROXY: readonly string[]
  CORS_ORIGINS: readonly string[]
  RATE_LIMIT_PER_MINUTE: number
}

/** One route table serves `/x` and `/api/v1/x`; a path that cannot be decoded is an unknown path like any other. */
function rewriteUrl({ url = '/' }: IncomingMessage): string {
  const [path = '/'] = url.split('?', 1)
  try {
    decodeURIComponent(path)
  } catch {
    return '/undecodable-path'
  }
  const rest = url.replace(API_PREFIX, '')
  return rest.startsWith('/') ? rest : `/${rest}`
}

/** Fastify options that both services share. */
export function serverOptions(config: HttpConfig, service: string) {
  return {
    logger: { level: config.LOG_LEVEL, base: { service, pid: process.pid } },
    logController: new RequestLog(),
    genReqId: requestId,
    rewriteUrl,
    trustProxy: [...config.TRUST_PROXY],
    bodyLimit: BODY_LIMIT_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
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

function isAllowedOrigin(origins: readonly string[]): (origin: string | undefined) => boolean {
  const loopback = origins.includes('loopback')
  return (origin) =>
    origin !== undefined && (origins.includes(origin) || (loopback && LOOPBACK_ORIGIN.test(origin)))
}

/** Many clients name a type on every request: where a route takes no body, an empty one is none. */
function jsonParser(app: FastifyInstance): FastifyBodyParser<string> {
  const parse = app.getDefaultJsonParser('error', 'error')
  return (request, body, done) =>
    body === '' && !request.routeOptions.schema?.body ? done(null) : parse(request, body, done)
}

async function publicHttp(
  app: FastifyInstance,
  { config, registry }: { config: HttpConfig; registry: Registry },
) {
  app.addHook('onRequest', async (request, reply) => {
    reply.header('x-request-id', request.id)
  })
  // No route takes plain text, which Fastify would read: it is an unsupported media type like any other.
  app.removeContentTypeParser('text/plain')
  app.addContentTypeParser('application/json', { parseAs: 'string' }, jsonParser(app))
  await app.register(metrics.default, {
    endpoint: null,
    defaultMetrics: { enabled: true, register: registry },
    routeMetrics: {
      enabled: { histogram: true, summary: false },
      // The summary is made even when it is off; in the library's global registry two apps in one process collide.
      overrides: { histogram: { registers: [registry] }, summary: { registers: [registry] } },
    },
  })
  await app.register(helmet, {
    contentSecurityPolicy: {
      directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
      useDefaults: false,
    },
    crossOriginResourcePolicy: { policy: 'cross-origin' },
  })
  const isAllowed = isAllowedOrigin(config.CORS_ORIGINS)
  await app.register(cors, {
    origin: (origin, allow) => allow(null, isAllowed(origin)),
    methods: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'],
    allowedHeaders: ['authorization', 'content-type', 'if-match', 'if-none-match', 'idempotency-key'],
    exposedHeaders: ['etag', 'link', 'location', 'retry-after', 'x-request-id', 'cache-status'],
    maxAge: 600,
    // An OPTIONS that asks for no method is answered like another, not with a text.
    strictPreflight: false,
  })
  await app.register(rateLimit, {
    global: false,
    max: config.RATE_LIMIT_PER_MINUTE,
    timeWindow: '1 minute',
    enableDraftSpec: true,
    errorResponseBuilder: (_request, { ttl }) => new RateLimited(Math.ceil(ttl / 1000)),
  })
  // Not left to the routes: their hooks come after the scope's, which has spent a verification on the token by then.
  if (config.RATE_LIMIT_PER_MINUTE > 0) app.addHook('onRequest', app.rateLimit())
}

/** What every client meets before a route: request id, metrics, security headers, CORS, rate limit. */
export default fp(publicHttp, { name: 'public-http' })
