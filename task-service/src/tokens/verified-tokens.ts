import type { Claims } from './claims.ts'

/**
 * Tokens whose signature was verified, until they expire: a map look-up instead of elliptic curves. Whether the
 * session has ended is asked for every request all the same. Bounded: the oldest entry makes room.
 */
export class VerifiedTokens {
  readonly #claims = new Map<string, Claims>()
  readonly #limit: number

  constructor(limit: number) {
    this.#limit = limit
  }

  get(token: string): Claims | undefined {
    const claims = this.#claims.get(token)
    if (claims === undefined || claims.exp * 1000 > Date.now()) return claims
    this.#claims.delete(token)
    return undefined
  }

  add(token: string, claims: Claims): void {
    if (this.#claims.size >= this.#limit) {
      const [oldest] = this.#claims.keys()
      if (oldest !== undefined) this.#claims.delete(oldest)
    }
    this.#claims.set(token, claims)
  }

  /** The keys have changed: nothing counts as verified any more. */
  clear(): void {
    this.#claims.clear()
  }
}
