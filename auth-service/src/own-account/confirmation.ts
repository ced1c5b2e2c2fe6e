import type { FastifyReply, FastifyRequest } from 'fastify'
import { showLimitOn } from '../throttling/index.ts'
import type { Confirmation } from './password-confirmation.service.ts'

/** What is confirmed when whoever sent a request gives the password once more. */
export function confirmationOf(request: FastifyRequest, reply: FastifyReply, password: string): Confirmation {
  const { account } = request.caller
  return { account, password, address: request.ip, showLimit: showLimitOn(reply) }
}
