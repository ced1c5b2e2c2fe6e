import type { FastifyReply } from 'fastify'
import type { LimitState } from './attempts.ts'

/** In the place of those of the general limit, which counts something else. */
export function showLimitOn(reply: FastifyReply) {
  return ({ limit, remaining, resetSeconds }: LimitState) => {
    reply.headers({
      'ratelimit-limit': limit,
      'ratelimit-remaining': remaining,
      'ratelimit-reset': resetSeconds,
    })
  }
}
