import { collectDefaultMetrics, Histogram, type Registry } from '@prometheus-io/client'
import type { FastifyInstance, RouteOptions } from 'fastify'
import fp from 'fastify-plugin'
import { hook } from './hooks.ts'

/** What nobody is alarmed by: a browser's questions about the API, and the shadow of each GET. */
const UNCOUNTED = new Set(['HEAD', 'OPTIONS'])

type Durations = Histogram<'method' | 'route' | 'status_code'>
type Duration = ReturnType<Durations['labels']>

/** A hook that knows its route: labels are made once for each method and status, not for each request. */
function observer(durations: Durations, route: string) {
  const known = new Map<string, Duration>()
  const labelled = (key: string, method: string, status: number): Duration => {
    const duration = durations.labels(method, route, String(status))
    known.set(key, duration)
    return duration
  }
  return hook(({ method }, reply) => {
    if (UNCOUNTED.has(method)) return
    const key = `${method} ${reply.statusCode}`
    const duration = known.get(key) ?? labelled(key, method, reply.statusCode)
    duration.observe(reply.elapsedTime / 1000)
  })
}

/** Time to answer each request to a route, and what Node says about the process. Unknown paths are no route. */
async function requestMetrics(app: FastifyInstance, { registry }: { registry: Registry }): Promise<void> {
  collectDefaultMetrics({ register: registry })
  const durations = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'request duration in seconds',
    labelNames: ['method', 'route', 'status_code'],
    registers: [registry],
  })
  app.addHook('onRoute', (route: RouteOptions) => {
    route.onResponse = [route.onResponse ?? [], observer(durations, route.url)].flat()
  })
}

export default fp(requestMetrics, { name: 'request-metrics' })
