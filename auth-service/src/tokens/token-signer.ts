import jwt from '@fastify/jwt'
import Fastify, { type FastifyInstance } from 'fastify'
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

interface Signer {
  kid: string
  access: (claims: object) => string
  service: (claims: object) => string
}

/**
 * @fastify/jwt binds one private key when it registers, and options per call would build a signer for each token. So
 * every active key gets an instance of its own, which never listens.
 */
async function buildSigner(key: SigningKey, settings: TokenSettings): Promise<Signer> {
  const host: FastifyInstance = Fastify()
  const secret = { private: key.privatePem, public: key.publicPem }
  const common = { algorithm: ALGORITHM, kid: key.kid, iss: settings.issuer } as const
  // Numbers are seconds to @fastify/jwt.
  await host.register(jwt, {
    namespace: 'access',
    secret,
    sign: {
      ...common,
      header: { alg: ALGORITHM, typ: 'at+jwt' },
      aud: settings.audience,
      expiresIn: settings.accessSeconds,
    },
  })
  await host.register(jwt, {
    namespace: 'service',
    secret,
    sign: {
      ...common,
      header: { alg: ALGORITHM, typ: 'service+jwt' },
      aud: SERVICE_AUDIENCE,
      sub: SERVICE_NAME,
      expiresIn: SERVICE_TOKEN_SECONDS,
    },
  })
  await host.ready()
  const { access, service } = host.jwt as unknown as Record<'access' | 'service', FastifyInstance['jwt']>
  return { kid: key.kid, access: (claims) => access.sign(claims), service: (claims) => service.sign(claims) }
}

/** Signs tokens with the active key of the ring; builds a signer only when that key changes. */
export class TokenSigner {
  readonly #ring: SigningKeys
  readonly #settings: TokenSettings
  #current: Promise<Signer> | undefined
  #kid = ''

  constructor(ring: SigningKeys, settings: TokenSettings) {
    this.#ring = ring
    this.#settings = settings
  }

  /** An access token (RFC 9068). */
  async signAccess(claims: object): Promise<string> {
    return (await this.#signer()).access(claims)
  }

  /** A token for task-service's internal port, good for a minute. */
  async signService(): Promise<string> {
    return (await this.#signer()).service({})
  }

  #signer(): Promise<Signer> {
    const key = this.#ring.active()
    if (this.#current === undefined || key.kid !== this.#kid) {
      this.#kid = key.kid
      this.#current = buildSigner(key, this.#settings)
    }
    return this.#current
  }
}
