import createError from '@fastify/error'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { hook, payloadHook } from './hooks.ts'

const Overloaded = createError('overloaded', 'The service is busy at the moment. Please try again.', 503)
/** Bodies on their way for each request in flight: they cost memory (64 KiB each at most), not time. */
const AWAITED_PER_REQUEST = 8

declare module 'fastify' {
  interface FastifyRequest {
    /** For answers without an end, which have a limit of their own. */
    leaveFlight: () => void
  }
}

class Places {
  readonly #max: number
  readonly #taken = new Set<FastifyRequest>()

  constructor(max: number) {
    this.#max = max
  }

  /** @throws Overloaded when none is free */
  take(request: FastifyRequest): void {
    if (this.#taken.size >= this.#max) throw new Overloaded()
    this.#taken.add(request)
  }

  /** @returns whether it was here */
  leave(request: FastifyRequest): boolean {
    return this.#taken.delete(request)
  }
}

/** RFC 9112 §6.3 */
function hasBody({ headers }: FastifyRequest): boolean {
  const { 'content-length': length, 'transfer-encoding': coding } = headers
  return coding !== undefined || (length !== undefined && length !== '0')
}

/**
 * Refuses requests above `maxInFlight` (0 = no limit) with 503 before anything is spent on them. Little's law:
 * in flight = rate × latency, so a bound on the first bounds the queueing in the second. A request that waits for its
 * body is not in flight: a client that sends slowly takes a place of its own kind, of which there are more.
 */
async function loadLimit(app: FastifyInstance, { maxInFlight }: { maxInFlight: number }): Promise<void> {
  const inFlight = new Places(maxInFlight)
  app.decorateRequest('leaveFlight', function () {
    inFlight.leave(this)
  })
  if (maxInFlight === 0) return
  const awaited = new Places(maxInFlight * AWAITED_PER_REQUEST)

  app.addHook(
    'onRequest',
    hook((request, reply) => {
      inFlight.take(request)
      // `close` comes exactly once, also when the client hangs up before an answer.
      reply.raw.once('close', () => {
        inFlight.leave(request)
        awaited.leave(request)
      })
    }),
  )
  const awaitBody = payloadHook((request) => {
    if (request.raw.complete) return
    awaited.take(request)
    inFlight.leave(request)
  })
  app.addHook('preParsing', (request, reply, payload, done) => {
    if (!hasBody(request)) return done(null, payload)
    // Whether the body came with the head is known once Node has read the packet to its end.
    queueMicrotask(() => awaitBody(request, reply, payload, done))
  })
  app.addHook(
    'preValidation',
    hook((request) => {
      if (awaited.leave(request)) inFlight.take(request)
    }),
  )
}

export default fp(loadLimit, { name: 'load-limit' })
