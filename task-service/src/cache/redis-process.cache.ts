import type { CacheMetrics } from './cache-metrics.ts'
import type { Log } from './ports.ts'
import { TIMING } from './timing.ts'

/** What is asked of a connection; ioredis' client is one. */
export interface RedisConnection {
  readonly status: string
  on(event: 'ready' | 'close', listener: () => void): unknown
  info(section: 'server'): Promise<string>
  set(key: string, value: string, unit: 'PX', lifeMs: number): Promise<unknown>
}

/**
 * The Redis process behind the connection, and whether it answers in time. A process is known by its run id: a
 * restarted or failed-over Redis is another process, and its content is of no use.
 */
export class RedisProcess {
  readonly #redis: RedisConnection
  readonly #metrics: CacheMetrics
  readonly #log: Log
  #runId: string | undefined
  #probe: NodeJS.Timeout | undefined
  #failing = false
  #closed = false

  constructor(redis: RedisConnection, metrics: CacheMetrics, log: Log) {
    this.#redis = redis
    this.#metrics = metrics
    this.#log = log
    metrics.breaker(true)
    redis.on('ready', () => this.#identify())
    redis.on('close', () => {
      this.#runId = undefined
      metrics.breaker(true)
    })
    if (redis.status === 'ready') this.#identify()
  }

  /** Run id of the process that answers, or undefined while none does. */
  runId(): string | undefined {
    return this.#probe ? undefined : this.#runId
  }

  /** A command failed or timed out: later ones do not wait until a probe was answered. The first reason is logged. */
  trip(reason: unknown): void {
    if (this.#probe || this.#closed) return
    if (!this.#failing)
      this.#log.warn({ reason: String(reason) }, 'Redis fails commands, going on without it')
    this.#failing = true
    this.#metrics.breaker(true)
    this.#schedule()
  }

  close(): void {
    this.#closed = true
    clearTimeout(this.#probe)
  }

  #schedule(): void {
    this.#probe = setTimeout(() => this.#identify(), TIMING.probeMs)
  }

  #identify(): void {
    this.#ask().then(
      (runId) => {
        this.#stopProbing()
        this.#runId = runId
        this.#metrics.breaker(false)
        if (this.#failing) this.#log.info({}, 'Redis carries out commands again')
        this.#failing = false
      },
      (reason) => {
        this.#stopProbing()
        this.trip(reason)
      },
    )
  }

  /** Writes as well: a replica, or a Redis out of memory, answers reads and would still fail every write. */
  async #ask(): Promise<string | undefined> {
    const info = await this.#redis.info('server')
    await this.#redis.set('tasks:probe', '1', 'PX', TIMING.probeMs)
    return /run_id:(\w+)/.exec(info)?.[1]
  }

  #stopProbing(): void {
    clearTimeout(this.#probe)
    this.#probe = undefined
  }
}
