import swagger from '@fastify/swagger'
import scalar from '@scalar/fastify-api-reference'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { type TSchema, Type } from 'typebox'
import { Problem } from './problems.ts'

/** The reference page alone runs scripts; they come from this service, and it talks to this service only. */
const REFERENCE_CSP = [
  "default-src 'none'",
  "script-src 'self' 'unsafe-inline'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "font-src 'self' data:",
  "connect-src 'self'",
  "worker-src 'self' blob:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

export interface OpenapiOptions {
  title: string
  version: string
  description: string
  /** Where the service's own pages live, for example `/auth`: `/auth/openapi.json`, `/auth/reference`. */
  basePath: `/${string}`
}

const problem = { content: { 'application/problem+json': { schema: Type.Ref('Problem#') } } }

/** Schema of a status that a route sends an answer of its own with, and that a refusal can have too. */
export function either<const T extends TSchema>(schema: T) {
  const content = { 'application/json': { schema }, ...problem.content }
  return { description: 'The answer, or problem details (RFC 9457)', content }
}

/** Schemas of the refusals a route can send, for its `response` table. */
export function problems<const S extends number>(...statuses: S[]) {
  const entries = statuses.map((status) => [
    status,
    { description: 'Problem details (RFC 9457)', ...problem },
  ])
  return Object.fromEntries(entries) as Record<S, typeof problem>
}

async function reference(scope: FastifyInstance, { title, basePath }: OpenapiOptions): Promise<void> {
  scope.addHook('onSend', async (_request, reply) => {
    reply.header('content-security-policy', REFERENCE_CSP)
  })
  await scope.register(scalar, {
    routePrefix: `${basePath}/reference`,
    hooks: {
      // Scalar would redirect to the path without /api/v1, which it never sees.
      onRequest: (request, reply, done) => {
        const [path = ''] = request.originalUrl.split('?', 1)
        if (path.endsWith('/reference')) reply.redirect('reference/', 301)
        else done()
      },
    },
    configuration: {
      url: '../openapi.json',
      pageTitle: title,
      withDefaultFonts: false,
      telemetry: false,
      hideClientButton: true,
      showDeveloperTools: 'never',
      agent: { disabled: true },
      mcp: { disabled: true },
    },
  })
}

async function openapi(app: FastifyInstance, options: OpenapiOptions): Promise<void> {
  const { title, version, description, basePath } = options
  app.addSchema(Problem)
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title, version, description },
      components: { securitySchemes: { bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } } },
      // Unless a route says otherwise, as those do that need no token.
      security: [{ bearer: [] }],
    },
    refResolver: {
      buildLocalReference: (schema, _base, _fragment, i) => String(schema.$id ?? `schema-${i}`),
    },
  })
  app.get(`${basePath}/openapi.json`, { schema: { hide: true } }, async () => app.swagger())
  await app.register(reference, options)
}

/** The OpenAPI 3.1 document of every route registered after it, and a page to read it. */
export default fp(openapi, { name: 'openapi' })
