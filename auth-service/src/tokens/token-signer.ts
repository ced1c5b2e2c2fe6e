import { createSigner } from 'fast-jwt'
import type { SigningKey } from './key-file.ts'
import type { SigningKeys } from './signing-keys.ts'

const ALGORITHM = 'ES256'
const SERVICE_AUDIENCE = 'task-service-internal'
const SERVICE_NAME = 'auth-service'
const SERVICE_TOKEN_SECONDS = 60

export interface TokenSettings {
  issuer: string
  audience: string
  accessSeconds: number
}

interface Signers {
  kid: string
  access: (claims: object) => string
  service: (claims: object) => string
}

/** A signer binds its key and options: making one for each token would cost more than signing. */
function buildSigners({ kid, privatePem }: SigningKey, settings: TokenSettings): Signers {
  const signer = (typ: string, aud: string, seconds: number, sub?: string) =>
    createSigner({
      algorithm: ALGORITHM,
      key: privatePem,
      kid,
      header: { alg: ALGORITHM, typ },
      iss: settings.issuer,
      aud,
      ...(sub !== undefined && { sub }),
      expiresIn: seconds * 1000,
    })
  return {
    kid,
    access: signer('at+jwt', settings.audience, settings.accessSeconds),
    service: signer('service+jwt', SERVICE_AUDIENCE, SERVICE_TOKEN_SECONDS, SERVICE_NAME),
  }
}

/**
 * Signs tokens with the active key. Signing is synchronous: in libuv's pool, where WebCrypto signs, it would queue
 * behind the hashing of passwords.
 */
export class TokenSigner {
  readonly #keys: SigningKeys
  readonly #settings: TokenSettings
  #signers: Signers | undefined

  constructor(keys: SigningKeys, settings: TokenSettings) {
    this.#keys = keys
    this.#settings = settings
  }

  /** An access token (RFC 9068). */
  signAccess(claims: object): string {
    return this.#current().access(claims)
  }

  /** A token for task-service's internal port, good for a minute. */
  signService(): string {
    return this.#current().service({})
  }

  #current(): Signers {
    const key = this.#keys.active()
    if (this.#signers?.kid !== key.kid) this.#signers = buildSigners(key, this.#settings)
    return this.#signers
  }
}
