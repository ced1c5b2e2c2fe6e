import { LruMap } from 'toad-cache'

interface Entry<Claims> {
  claims: Claims
  kid: string
  /** PEM of the public key that has verified it */
  key: string
}

/**
 * Tokens whose signature was verified: a map look-up instead of elliptic curves. One counts until it expires, or until
 * its key is no longer the one of that id. Whether the session has ended is asked for every request all the same.
 */
export class VerifiedTokens<Claims extends { exp: number }> {
  readonly #entries: LruMap<Entry<Claims>>
  readonly #publicKey: (kid: string) => string | undefined

  /**
   * @param limit tokens at most; the one used longest ago makes room
   * @param publicKey PEM of the key that has this id now
   */
  constructor(limit: number, publicKey: (kid: string) => string | undefined) {
    this.#entries = new LruMap(limit)
    this.#publicKey = publicKey
  }

  /** @param authorization the header that carries the token, as it was sent */
  get(authorization: string): Claims | undefined {
    const entry = this.#entries.get(authorization)
    if (entry === undefined) return undefined
    const { claims, kid, key } = entry
    if (claims.exp * 1000 > Date.now() && this.#publicKey(kid) === key) return claims
    this.#entries.delete(authorization)
    return undefined
  }

  add(authorization: string, entry: Entry<Claims>): void {
    this.#entries.set(authorization, entry)
  }
}
