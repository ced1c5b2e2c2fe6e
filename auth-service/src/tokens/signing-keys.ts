import type { KeySource } from '../platform/token-verifier.ts'
import type { PublicJwk, SigningKey } from './key-file.ts'

/**
 * The key to sign with at a time: the newest that every verifier has had time to learn of, or the oldest while none
 * is old enough (a first start).
 * @param propagationSeconds how long a verifier may hold a JWKS from before the key was added
 */
export function activeKey(keys: SigningKey[], nowSeconds: number, propagationSeconds: number): SigningKey {
  const byAge = [...keys].sort((a, b) => b.createdAt - a.createdAt)
  const known = byAge.find((key) => key.createdAt + propagationSeconds <= nowSeconds)
  const chosen = known ?? byAge.at(-1)
  if (!chosen) throw new Error('the key ring is empty')
  return chosen
}

/** The signing keys of this instance; replaced as a whole when the file changes. */
export class SigningKeys implements KeySource {
  readonly #propagationSeconds: number
  #keys: SigningKey[]

  constructor(keys: SigningKey[], propagationSeconds: number) {
    this.#keys = keys
    this.#propagationSeconds = propagationSeconds
  }

  replace(keys: SigningKey[]): void {
    this.#keys = keys
  }

  active(): SigningKey {
    return activeKey(this.#keys, Date.now() / 1000, this.#propagationSeconds)
  }

  current(kid: string): string | undefined {
    return this.#keys.find((key) => key.kid === kid)?.publicPem
  }

  async find(kid: string): Promise<string | undefined> {
    return this.current(kid)
  }

  /** Of every key that verifies a token now */
  ids(): string[] {
    return this.#keys.map(({ kid }) => kid)
  }

  publicJwks(): { keys: PublicJwk[] } {
    return { keys: this.#keys.map((key) => key.publicJwk) }
  }
}
