import type { FastifyRequest } from 'fastify'
import type { Device } from './session.ts'

const MAX_USER_AGENT = 300

/** From where and with what a request was sent. */
export function deviceOf(request: FastifyRequest): Device {
  return { address: request.ip, userAgent: (request.headers['user-agent'] ?? '').slice(0, MAX_USER_AGENT) }
}
