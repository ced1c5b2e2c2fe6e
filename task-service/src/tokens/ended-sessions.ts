import { Gauge, type Registry } from '@prometheus-io/client'
import type { FastifyBaseLogger } from 'fastify'
import { type Static, Type } from 'typebox'
import { Value } from 'typebox/value'

const POLL_MS = 1_000
const TIMEOUT_MS = 1_000
/** The first answers go through a day of ended sessions. */
const CATCH_UP_TIMEOUT_MS = 5_000
/** Read again each time: covers clocks of auth-service replicas that differ, and revocations that became visible late. */
const OVERLAP_SECONDS = 60
const MAX_PAGES = 100

const Page = Type.Object({
  now: Type.Number(),
  revocations: Type.Array(Type.Object({ sid: Type.String(), expires_at: Type.Number() })),
  more: Type.Boolean(),
})

interface Options {
  url: string
  registry: Registry
  log: FastifyBaseLogger
  onLoaded: () => void
  /** ms since the epoch, by which sessions are forgotten */
  now?: () => number
}

/**
 * Sessions that were ended while their access tokens are still unexpired, read from auth-service once a second and
 * kept in memory: a logout is effective within 2 s at no cost to a request. While auth-service is away the set stays
 * as it was; its age is a metric.
 */
export class EndedSessions {
  readonly #options: Options
  readonly #ended = new Map<string, number>()
  #since = 0
  #updated: number | undefined
  #waiting = false
  #stopped = false
  #timer: NodeJS.Timeout | undefined

  constructor(options: Options) {
    this.#options = options
    const feed = this
    new Gauge({
      name: 'revocations_age_seconds',
      help: 'Seconds since ended sessions were last read from auth-service',
      registers: [options.registry],
      collect() {
        this.set(feed.#updated === undefined ? Number.NaN : (performance.now() - feed.#updated) / 1000)
      },
    })
  }

  isEnded(sessionId: string): boolean {
    return this.#ended.has(sessionId)
  }

  start(): void {
    void this.#poll()
  }

  stop(): void {
    this.#stopped = true
    clearTimeout(this.#timer)
  }

  async #poll(): Promise<void> {
    const started = performance.now()
    try {
      await this.#read()
      this.#forgetExpired()
      if (this.#updated === undefined) this.#options.onLoaded()
      else if (this.#waiting) this.#options.log.info('reading ended sessions again')
      this.#updated = started
      this.#waiting = false
    } catch (err) {
      // Both services may start together: only what has been there can be missing.
      const level = this.#updated === undefined ? 'info' : 'warn'
      if (!this.#waiting)
        this.#options.log[level]({ reason: String(err) }, 'waiting for ended sessions from auth-service')
      this.#waiting = true
    }
    if (!this.#stopped)
      this.#timer = setTimeout(() => void this.#poll(), Math.max(0, POLL_MS - (performance.now() - started)))
  }

  async #read(): Promise<void> {
    for (let count = 0; count < MAX_PAGES; count++) {
      const url = new URL(this.#options.url)
      url.searchParams.set('since', String(this.#since))
      const limit = this.#updated === undefined ? CATCH_UP_TIMEOUT_MS : TIMEOUT_MS
      const response = await fetch(url, { signal: AbortSignal.timeout(limit) })
      if (!response.ok) throw new Error(`auth-service answered ${response.status}`)
      const page: Static<typeof Page> = Value.Parse(Page, await response.json())
      for (const { sid, expires_at } of page.revocations) this.#ended.set(sid, expires_at)
      if (!page.more) {
        this.#since = Math.max(0, Math.floor(page.now) - OVERLAP_SECONDS)
        return
      }
      this.#since = page.now
    }
    throw new Error('too many pages')
  }

  #forgetExpired(): void {
    const now = (this.#options.now ?? Date.now)() / 1000
    for (const [sid, expires] of this.#ended) if (expires < now) this.#ended.delete(sid)
  }
}
