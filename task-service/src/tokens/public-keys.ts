import { KeyObject } from 'node:crypto'
import type { FastifyBaseLogger } from 'fastify'
import { createLocalJWKSet, createRemoteJWKSet, type JSONWebKeySet } from 'jose'
import type { KeySource } from '../platform/token-verifier.ts'

const COOLDOWN_MS = 30_000
const FETCH_TIMEOUT_MS = 5_000
const RELOAD_MS = 300_000
const RETRY_MS = 500

interface Options {
  /** Fixed by configuration, never taken from a token (RFC 8725 §3.10) */
  url: string
  log: FastifyBaseLogger
  onLoaded: () => void
  /** Time between two looks at the keys; five minutes unless told */
  reloadMs?: number
  /** Before keys are asked for again because of an unknown one; 30 s unless told */
  cooldownMs?: number
}

/** PEM of every key that can verify ES256, made once: making it costs as much as verifying a token. */
async function pemsOf(jwks: JSONWebKeySet): Promise<Map<string, string>> {
  const keys = createLocalJWKSet(jwks)
  const pems = new Map<string, string>()
  for (const { kid } of jwks.keys) {
    if (kid === undefined) continue
    // A key of another kind, which may be there for others, is none of ours.
    const key = await keys({ alg: 'ES256', kid }).catch(() => undefined)
    if (key) pems.set(kid, KeyObject.from(key).export({ type: 'spki', format: 'pem' }).toString())
  }
  return pems
}

/**
 * Public keys of auth-service. Once loaded they are kept while auth-service is away; they are read again every five
 * minutes, when auth-service says that it has others, and when a token names an unknown key (at most every 30 s).
 */
export class PublicKeys implements KeySource {
  readonly #options: Options
  readonly #remote: ReturnType<typeof createRemoteJWKSet>
  readonly #cooldownMs: number
  #pems: Map<string, string> | undefined
  /** Of all keys that were there at the last look */
  #ids = new Set<string | undefined>()
  #reading: Promise<void> | undefined
  #askAgainAt = 0
  #timer: NodeJS.Timeout | undefined
  #waiting = false
  #stopped = false

  constructor(options: Options) {
    this.#options = options
    this.#cooldownMs = options.cooldownMs ?? COOLDOWN_MS
    this.#remote = createRemoteJWKSet(new URL(options.url), { timeoutDuration: FETCH_TIMEOUT_MS })
  }

  current(kid: string): string | undefined {
    return this.#pems?.get(kid)
  }

  /** Tokens with made-up keys cannot make it ask auth-service more often than the cooldown allows. */
  async find(kid: string): Promise<string | undefined> {
    if (this.current(kid) === undefined && performance.now() >= this.#askAgainAt) await this.#read()
    return this.current(kid)
  }

  /** A key that was removed counts no longer than until auth-service has said so. @param ids of all keys it has now */
  heard(ids: readonly string[]): void {
    const isSame = ids.length === this.#ids.size && ids.every((id) => this.#ids.has(id))
    if (this.#pems !== undefined && !isSame) void this.#read()
  }

  start(): void {
    void this.#keepReading()
  }

  stop(): void {
    this.#stopped = true
    clearTimeout(this.#timer)
  }

  async #keepReading(): Promise<void> {
    await this.#read()
    const delay = this.#pems === undefined ? RETRY_MS : (this.#options.reloadMs ?? RELOAD_MS)
    if (!this.#stopped) this.#timer = setTimeout(() => void this.#keepReading(), delay)
  }

  /** One look at a time; never rejects. */
  #read(): Promise<void> {
    this.#reading ??= this.#load().finally(() => {
      this.#reading = undefined
      this.#askAgainAt = performance.now() + this.#cooldownMs
    })
    return this.#reading
  }

  async #load(): Promise<void> {
    const { log, onLoaded } = this.#options
    try {
      await this.#remote.reload()
      const isFirst = this.#pems === undefined
      const jwks = this.#remote.jwks() ?? { keys: [] }
      this.#pems = await pemsOf(jwks)
      this.#ids = new Set(jwks.keys.map(({ kid }) => kid))
      if (isFirst) onLoaded()
      else if (this.#waiting) log.info('reading the keys of auth-service again')
      this.#waiting = false
    } catch (err) {
      // Both services may start together: only what has been there can be missing.
      const level = this.#pems === undefined ? 'info' : 'warn'
      if (!this.#waiting) log[level]({ reason: String(err) }, 'waiting for the keys of auth-service')
      this.#waiting = true
    }
  }
}
