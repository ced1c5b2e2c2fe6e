import { Registry } from '@prometheus-io/client'
import { pino } from 'pino'
import type { Test } from 'tap'
import { CacheMetrics } from '../../src/cache/cache-metrics.ts'
import { EpochLease } from '../../src/cache/epoch-lease.ts'
import type { EpochDocument } from './epoch-document.ts'

/** One instance's view of the epoch, and of Redis. */
export interface Instance {
  lease: EpochLease
  /** Run id of the Redis it reaches */
  redis: string | undefined
}

export function startInstance(t: Test, document: EpochDocument, now: () => number, redis?: string): Instance {
  const instance = { redis } as Instance
  instance.lease = new EpochLease({
    epochs: document,
    reaches: () => instance.redis,
    metrics: new CacheMetrics(new Registry()),
    log: pino({ level: 'silent' }),
    now,
  })
  instance.lease.start()
  t.teardown(() => instance.lease.stop())
  return instance
}
