import { STATUS_CODES } from 'node:http'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { type Problem, REPEATABLE_STATUSES } from './contract.ts'
import { type OriginPolicy, originHeaders, preflightHeaders } from './platform/cors.ts'

const RETRY_AFTER_SECONDS = 1

function isPreflight(request: FastifyRequest): boolean {
  return request.method === 'OPTIONS' && request.headers['access-control-request-method'] !== undefined
}

/**
 * Answers with a problem that a browser on an allowed origin can read. A preflight is granted instead: refused, it
 * would hide the true answer to the request that follows it.
 */
export function sendProblem(
  request: FastifyRequest,
  reply: FastifyReply,
  problem: Problem,
  allowed: OriginPolicy,
) {
  const origin = request.headers.origin
  reply
    .headers({ 'x-request-id': request.id, 'cache-control': 'no-store' })
    .headers(originHeaders(origin, allowed))
  if (isPreflight(request) && allowed(origin)) return reply.code(204).headers(preflightHeaders()).send()
  // Fastify would close the connection while the body is still being sent, and a browser sees no answer then.
  // Node reads what is left and drops it, in the time that a request has.
  if (problem.status === 413) reply.removeHeader('connection')
  if (REPEATABLE_STATUSES.has(problem.status)) reply.header('retry-after', RETRY_AFTER_SECONDS)
  const title = STATUS_CODES[problem.status] ?? 'Error'
  return reply
    .code(problem.status)
    .type('application/problem+json')
    .send({ type: 'about:blank', title, ...problem, request_id: request.id })
}
