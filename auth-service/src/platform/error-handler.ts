import type { FastifyError, FastifyInstance, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { type Refusal, refusalOf, sendProblem } from './problems.ts'
import { CLIENT_CLOSED_REQUEST } from './request-log.ts'

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']
const NOT_FOUND: Refusal = { status: 404, code: 'not_found', detail: 'Not Found' }
const METHOD_NOT_ALLOWED: Refusal = {
  status: 405,
  code: 'method_not_allowed',
  detail: 'This method is not allowed here.',
}
/** Nobody reads this answer. */
const HUNG_UP: Refusal = {
  status: CLIENT_CLOSED_REQUEST,
  code: 'client_closed_request',
  detail: 'The client hung up.',
}
/** Statuses above 500 that say something about us; 501 and 505 are about what the client sent. */
const OURS = new Set([502, 503, 504])

function isHangUp({ raw }: FastifyRequest): boolean {
  return raw.socket.destroyed
}

/** Methods of the routes at this path, OPTIONS aside; none when the path is unknown. */
function allowedMethods(app: FastifyInstance, { url, originalUrl }: FastifyRequest): string[] {
  if (originalUrl === '*') return METHODS
  const found = METHODS.map((method) => ({ method, route: app.findRoute({ method, url }) }))
  const routes = found.filter(({ route }) => route !== null)
  // Where a path has a name of its own (/tasks/all), what is allowed on others (/tasks/:id) is not allowed on it.
  const own = routes.filter(({ route }) => Object.keys(route?.params ?? {}).length === 0)
  return (own.length > 0 ? own : routes).map(({ method }) => method)
}

async function errorHandler(app: FastifyInstance): Promise<void> {
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const refusal = isHangUp(request) ? HUNG_UP : refusalOf(error)
    if (refusal.status === 500) request.log.error({ err: error }, 'unexpected error')
    else if (OURS.has(refusal.status)) request.log.warn({ err: error }, refusal.code)
    return sendProblem(request, reply, refusal)
  })
  app.setNotFoundHandler((request, reply) => {
    const allowed = allowedMethods(app, request)
    if (allowed.length === 0) return sendProblem(request, reply, NOT_FOUND)
    reply.header('allow', [...allowed, 'OPTIONS'].join(', '))
    // RFC 9110 §9.3.7
    if (request.method === 'OPTIONS') return reply.code(204).send()
    return sendProblem(request, reply, METHOD_NOT_ALLOWED)
  })
}

/** Turns every error of every route into one envelope; 5xx texts of unexpected errors are hidden and logged once. */
export default fp(errorHandler, { name: 'error-handler' })
