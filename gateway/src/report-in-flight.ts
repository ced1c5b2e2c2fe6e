import type { FastifyBaseLogger } from 'fastify'
import type { Balancer } from './upstreams.ts'

/** Logs how many requests each instance has in flight, whenever that has changed; for the page of `make dev`. */
export function reportInFlight(log: FastifyBaseLogger, balancer: Balancer, everyMs: number): void {
  const count = () => Object.fromEntries(balancer.upstreams.map(({ origin, inFlight }) => [origin, inFlight]))
  let reported = JSON.stringify(count())
  setInterval(() => {
    const inFlight = count()
    const text = JSON.stringify(inFlight)
    if (text === reported) return
    reported = text
    log.info({ in_flight: inFlight }, 'requests in flight')
  }, everyMs).unref()
}
