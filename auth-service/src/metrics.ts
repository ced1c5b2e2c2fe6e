import { Counter, Gauge, Histogram, type Registry } from '@prometheus-io/client'

export type LoginOutcome = 'success' | 'wrong' | 'locked' | 'throttled' | 'busy' | 'error'

/** What this service tells Prometheus beside the routes' durations. */
export function createMetrics(registry: Registry) {
  const registers = [registry]
  const logins = new Counter({
    name: 'auth_logins_total',
    help: 'Log-in attempts by outcome',
    labelNames: ['outcome'],
    registers,
  })
  const hashing = new Histogram({
    name: 'auth_password_hash_seconds',
    help: 'Time one password hash or verification took once it ran',
    buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
    registers,
  })
  const revocations = new Counter({
    name: 'auth_revocations_served_total',
    help: 'Ended sessions sent to task-service instances',
    registers,
  })
  const erasures = new Counter({
    name: 'auth_erasures_total',
    help: 'Requests to task-service to delete the tasks of a deleted account, by outcome',
    labelNames: ['outcome'],
    registers,
  })
  return {
    loggedIn: (outcome: LoginOutcome) => logins.inc({ outcome }),
    hashed: (seconds: number) => hashing.observe(seconds),
    servedRevocations: (count: number) => revocations.inc(count),
    erased: (outcome: 'acknowledged' | 'failed') => erasures.inc({ outcome }),
    watchHashQueue: (depth: () => number) =>
      new Gauge({
        name: 'auth_password_hash_queue_depth',
        help: 'Password hashes waiting for a processor',
        registers,
        collect() {
          this.set(depth())
        },
      }),
  }
}

export type Metrics = ReturnType<typeof createMetrics>
