import { AsyncLocalStorage } from 'node:async_hooks'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'

declare module 'fastify' {
  interface FastifyRequest {
    timings: Timings | undefined
  }
}

type Store = 'redis' | 'mongodb'

/** Milliseconds a request has waited for each store it has asked; commands that ran side by side are summed up. */
export type Timings = { [store in Store]?: number }

/** Which request a command belongs to. Outside of requests, and where timings are off, there is none. */
const current = new AsyncLocalStorage<Timings>()

/** @returns notes the end of a command that begins now; undefined when no request is timed */
export function startTimer(store: Store): (() => void) | undefined {
  const timings = current.getStore()
  if (!timings) return undefined
  const started = performance.now()
  return () => {
    timings[store] = (timings[store] ?? 0) + performance.now() - started
  }
}

function metric(name: string, ms: number): string {
  return `${name};dur=${ms.toFixed(2)}`
}

function serverTiming({ redis, mongodb }: Timings, reply: FastifyReply): string {
  const metrics = [metric('app', reply.elapsedTime)]
  if (redis !== undefined) metrics.push(metric('redis', redis))
  if (mongodb !== undefined) metrics.push(metric('mongodb', mongodb))
  return metrics.join(', ')
}

/** Whether the access token of a request was accepted: on other answers a time could tell who has an account. */
function isSignedIn(request: FastifyRequest): boolean {
  return (request as { caller?: unknown }).caller !== undefined
}

async function timings(app: FastifyInstance): Promise<void> {
  app.decorateRequest('timings', undefined)
  app.addHook('onRequest', (request, _reply, done) => {
    request.timings = {}
    current.run(request.timings, done)
  })
  // A body arrives in events of the connection, which know nothing of the request: it is said again behind them.
  app.addHook('preValidation', (request, _reply, done) => {
    if (request.timings) current.run(request.timings, done)
    else done()
  })
  app.addHook('onSend', (request, reply, payload, done) => {
    if (request.timings && isSignedIn(request))
      reply.header('server-timing', serverTiming(request.timings, reply))
    done(null, payload)
  })
}

/** `Server-Timing` (W3C) on every answer to a caller who is signed in: where the time went. */
export default fp(timings, { name: 'timings' })
