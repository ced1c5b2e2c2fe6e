import createError from '@fastify/error'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'

const Overloaded = createError('overloaded', 'The service is busy at the moment. Please try again.', 503)

/**
 * Refuses requests above `maxInFlight` (0 = no limit) with 503 before anything is spent on them. Little's law:
 * in flight = rate × latency, so a bound on the first bounds the queueing in the second.
 */
async function loadLimit(app: FastifyInstance, { maxInFlight }: { maxInFlight: number }): Promise<void> {
  if (maxInFlight === 0) return
  let inFlight = 0

  app.addHook('onRequest', async (_request, reply) => {
    if (inFlight >= maxInFlight) throw new Overloaded()
    inFlight++
    // `close` comes exactly once, also when the client hangs up before an answer.
    reply.raw.once('close', () => inFlight--)
  })
}

export default fp(loadLimit, { name: 'load-limit' })
