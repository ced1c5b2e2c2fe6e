import { performance } from 'node:perf_hooks'
import { Gauge, type Registry } from '@prometheus-io/client'
import Fastify, { type FastifyInstance, type FastifyPluginAsync, LogController } from 'fastify'
import fp from 'fastify-plugin'
import belowRouter, { clientErrorHandler } from './below-router.ts'
import errorHandler from './error-handler.ts'
import { payloadHook } from './hooks.ts'
import { httpLimits } from './http-limits.ts'
import protocol from './protocol.ts'

/** "Started and not draining". Dependencies that go away later do not make an instance unready. */
export class Readiness {
  readonly #pending = new Map<string, Promise<void>>()
  #draining = false

  /**
   * Keeps the instance out of traffic until a part of it has come up once.
   * @returns to be called when it has
   */
  waitFor(part: string): () => void {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#pending.set(part, promise)
    return () => {
      this.#pending.delete(part)
      resolve()
    }
  }

  /** @returns what comes true when a part has come up; undefined when it has */
  coming(part: string): Promise<void> | undefined {
    return this.#pending.get(part)
  }

  drain(): void {
    this.#draining = true
  }

  isDraining(): boolean {
    return this.#draining
  }

  /** What keeps the instance from taking traffic; empty when it is ready. */
  waitingFor(): string[] {
    return this.#draining ? ['draining'] : [...this.#pending.keys()]
  }
}

/** Share of time the event loop was busy since the last scrape, 0 to 1: what task-service scales on with KEDA. */
function measureEventLoop(registry: Registry): void {
  let last = performance.eventLoopUtilization()
  new Gauge({
    name: 'event_loop_utilization',
    help: 'Busy share of the event loop since the last scrape (0..1)',
    registers: [registry],
    collect() {
      const now = performance.eventLoopUtilization()
      this.set(performance.eventLoopUtilization(now, last).utilization)
      last = now
    },
  })
}

declare module 'fastify' {
  interface FastifyInstance {
    /** The server of the internal port. Whoever listens on the public port has it listen, too. */
    internal: FastifyInstance
  }
}

interface InternalOptions {
  readiness: Readiness
  registry: Registry
  /** This service's own internal routes. */
  routes: FastifyPluginAsync
}

/** No browser talks to this port. */
const noOrigin = () => false

/** The server of the internal port; never routed to clients. */
async function buildInternalServer(app: FastifyInstance, options: InternalOptions): Promise<FastifyInstance> {
  const server = Fastify({
    loggerInstance: app.log,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: 65_536,
    ...httpLimits(),
    clientErrorHandler: clientErrorHandler(noOrigin),
  })
  await server.register(errorHandler)
  await server.register(belowRouter, { allowed: noOrigin, onHangUp: () => {} })
  await server.register(protocol)
  server.get('/livez', async () => ({ status: 'ok' }))
  server.get('/readyz', async (_request, reply) => {
    const waiting = options.readiness.waitingFor()
    return reply
      .code(waiting.length === 0 ? 200 : 503)
      .send({ status: waiting.length === 0 ? 'ok' : 'waiting', waiting_for: waiting })
  })
  server.get('/metrics', async (_request, reply) => {
    return reply.type(options.registry.contentType).send(await options.registry.metrics())
  })
  await server.register(options.routes)
  return server
}

async function internal(app: FastifyInstance, options: InternalOptions): Promise<void> {
  measureEventLoop(options.registry)
  const server = await buildInternalServer(app, options)
  app.decorate('internal', server)
  // Closing after the public port lets probes see "draining" to the end.
  app.addHook('onClose', async () => server.close())
  // A connection that is kept after its last answer would hold up the close until it times out.
  app.addHook(
    'onSend',
    payloadHook((_request, reply) => {
      if (options.readiness.isDraining()) reply.header('connection', 'close')
    }),
  )
}

/** /livez, /readyz, /metrics and the service's own internal routes on a port of their own. */
export default fp(internal, { name: 'internal' })
