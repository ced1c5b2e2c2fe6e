import { Gauge, type Registry } from '@prometheus-io/client'
import type { FastifyBaseLogger } from 'fastify'
import { type Static, Type } from 'typebox'
import { Value } from 'typebox/value'

const POLL_MS = 1_000
const TIMEOUT_MS = 1_000
/** The first answers go through a day of ended sessions. */
const CATCH_UP_TIMEOUT_MS = 5_000
/** Without a cursor, read again: covers clocks of auth-service replicas that differ, and revocations that became visible late. */
const OVERLAP_SECONDS = 60
const MAX_PAGES = 100
const ANNOUNCED = /^([\da-f]{24}) (\d{1,12})$/
const MAX_ANNOUNCED = 1_000
/** A day, the longest life of a token that auth-service can be told, and its margins */
const MAX_TOKEN_SECONDS = 90_000
/** More than that is not taken from Redis, which many can write to; about 100 MB */
const MAX_ENTRIES = 1_000_000

const Page = Type.Object({
  now: Type.Number(),
  revocations: Type.Array(Type.Object({ sid: Type.String(), expires_at: Type.Number() })),
  more: Type.Boolean(),
  cursor: Type.Optional(Type.String()),
  /** An earlier release does not say. */
  keys: Type.Optional(Type.Array(Type.String())),
})

interface Options {
  url: string
  registry: Registry
  log: FastifyBaseLogger
  onLoaded: () => void
  /** Told with every answer which keys auth-service has */
  onKeys?: (ids: readonly string[]) => void
  /** ms since the epoch, by which sessions are forgotten */
  now?: () => number
}

/**
 * Sessions that were ended while their access tokens are still unexpired, read from auth-service once a second and
 * kept in memory: a logout is effective within 2 s at no cost to a request, and at once when auth-service can announce it. While auth-service is away the set stays
 * as it was; its age is a metric.
 */
export class EndedSessions {
  readonly #options: Options
  readonly #ended = new Map<string, number>()
  #since = 0
  /** Of the instance of auth-service that was asked last; another one, and an earlier release, goes by `since`. */
  #cursor: string | undefined
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

  /**
   * Takes what auth-service announces over Redis: `<sid> <Unix second of expiry>`, one line each. It may only add, and no more
   * than there can be.
   */
  announced(message: string): void {
    const latest = (this.#options.now ?? Date.now)() / 1000 + MAX_TOKEN_SECONDS
    for (const line of message.split('\n', MAX_ANNOUNCED)) {
      const [, sid, expires] = ANNOUNCED.exec(line) ?? []
      if (sid === undefined || Number(expires) > latest || this.#ended.has(sid)) continue
      if (this.#ended.size < MAX_ENTRIES) this.#ended.set(sid, Number(expires))
    }
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
      if (this.#cursor !== undefined) url.searchParams.set('cursor', this.#cursor)
      const limit = this.#updated === undefined ? CATCH_UP_TIMEOUT_MS : TIMEOUT_MS
      const response = await fetch(url, { signal: AbortSignal.timeout(limit) })
      if (!response.ok) throw new Error(`auth-service answered ${response.status}`)
      const page: Static<typeof Page> = Value.Parse(Page, await response.json())
      for (const { sid, expires_at } of page.revocations) this.#ended.set(sid, expires_at)
      this.#cursor = page.cursor
      if (page.keys) this.#options.onKeys?.(page.keys)
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
