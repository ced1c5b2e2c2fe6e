import { KeyObject } from 'node:crypto'
import type { TokenOrHeader } from '@fastify/jwt'
import type { FastifyBaseLogger, FastifyRequest } from 'fastify'
import { createRemoteJWKSet, errors } from 'jose'

const COOLDOWN_MS = 30_000
const FETCH_TIMEOUT_MS = 5_000
const RELOAD_MS = 300_000
const RETRY_MS = 500

interface Options {
  /** Fixed by configuration, never taken from a token (RFC 8725 §3.10) */
  url: string
  log: FastifyBaseLogger
  onLoaded: () => void
  /** The set of keys has changed: what was verified with the old ones has to be verified again. */
  onChanged: () => void
  /** Time between two looks at the keys; five minutes unless told */
  reloadMs?: number
  /** Before keys are asked for again because of an unknown one; 30 s unless told */
  cooldownMs?: number
}

/**
 * Public keys of auth-service. Once loaded they are kept while auth-service is away; they are read again every five
 * minutes, and when a token names an unknown key (at most every 30 s).
 */
export class PublicKeys {
  readonly #options: Options
  readonly #keys: ReturnType<typeof createRemoteJWKSet>
  readonly #cooldownMs: number
  #askAgainAt = 0
  #timer: NodeJS.Timeout | undefined
  #known = ''
  #waiting = false
  #stopped = false

  constructor(options: Options) {
    this.#options = options
    this.#cooldownMs = options.cooldownMs ?? COOLDOWN_MS
    this.#keys = createRemoteJWKSet(new URL(options.url), {
      cacheMaxAge: Number.POSITIVE_INFINITY,
      cooldownDuration: this.#cooldownMs,
      timeoutDuration: FETCH_TIMEOUT_MS,
    })
  }

  /**
   * `secret` of @fastify/jwt: the key, as PEM, that a token names.
   * @throws Error when there is no such key
   */
  readonly publicKey = async (_request: FastifyRequest, token: TokenOrHeader): Promise<string> => {
    const { kid } = 'header' in token ? token.header : token
    if (typeof kid !== 'string') throw new Error('token without key id')
    const key = await this.#find(kid)
    return KeyObject.from(key).export({ type: 'spki', format: 'pem' }).toString()
  }

  /** jose cools down after an answer only: tokens with made-up keys must not call an auth-service that is in trouble. */
  async #find(kid: string) {
    const isKnown = this.#keys.jwks()?.keys.some((key) => key.kid === kid)
    if (!isKnown && performance.now() < this.#askAgainAt) throw new Error('unknown key id')
    return this.#keys({ alg: 'ES256', kid }).catch((err) => {
      if (!(err instanceof errors.JWKSNoMatchingKey)) this.#askAgainAt = performance.now() + this.#cooldownMs
      throw err
    })
  }

  start(): void {
    void this.#load()
  }

  stop(): void {
    this.#stopped = true
    clearTimeout(this.#timer)
  }

  async #load(): Promise<void> {
    let delay = this.#options.reloadMs ?? RELOAD_MS
    try {
      await this.#keys.reload()
      const known = JSON.stringify(this.#keys.jwks())
      if (this.#known === '') this.#options.onLoaded()
      else if (known !== this.#known) this.#options.onChanged()
      this.#known = known
      this.#waiting = false
    } catch (err) {
      if (this.#known === '') delay = RETRY_MS
      if (!this.#waiting)
        this.#options.log.warn({ reason: String(err) }, 'waiting for the keys of auth-service')
      this.#waiting = true
    }
    if (!this.#stopped) this.#timer = setTimeout(() => void this.#load(), delay)
  }
}
