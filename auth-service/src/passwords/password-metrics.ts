import { Gauge, Histogram, type Registry } from '@prometheus-io/client'

/** @returns to be told how long a hash or a verification took once it ran (s) */
export function passwordMetrics(registry: Registry, depth: () => number): (seconds: number) => void {
  const registers = [registry]
  new Gauge({
    name: 'auth_password_hash_queue_depth',
    help: 'Password hashes waiting for a processor',
    registers,
    collect() {
      this.set(depth())
    },
  })
  const durations = new Histogram({
    name: 'auth_password_hash_seconds',
    help: 'Time one password hash or verification took once it ran',
    buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
    registers,
  })
  return (seconds) => durations.observe(seconds)
}
