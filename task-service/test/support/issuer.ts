import { generateKeyPairSync, type KeyObject, randomBytes, randomUUID, sign } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import { freePort } from './free-port.ts'

const TOKEN_SECONDS = 1_800

export const hexId = (): string => randomBytes(12).toString('hex')

export interface SigningKey {
  kid: string
  privateKey: KeyObject
  publicKey: KeyObject
}

export function newSigningKey(): SigningKey {
  return { kid: randomUUID(), ...generateKeyPairSync('ec', { namedCurve: 'P-256' }) }
}

export function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}

export function es256(input: string, key: KeyObject): string {
  return sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')
}

/** What task-service sees of auth-service: its keys, its list of ended sessions, and the tokens it signs. */
export class Issuer {
  /** The first one signs. */
  keys = [newSigningKey()]
  /** Times the keys were asked for */
  keyReads = 0
  /** Times that ended sessions were asked for */
  endedReads = 0
  /** Answers 500 */
  failing = false
  readonly #ended: { sid: string; expires_at: number }[] = []
  #server: Server = this.#newServer()
  #port = 0

  static async start(): Promise<Issuer> {
    const issuer = new Issuer()
    await issuer.listen()
    return issuer
  }

  #newServer(): Server {
    return createServer((request, response) => {
      response.setHeader('content-type', 'application/json')
      const body = request.url?.startsWith('/internal/revocations') ? this.#revocations() : this.#jwks()
      response.statusCode = this.failing ? 500 : 200
      response.end(JSON.stringify(body))
    })
  }

  #revocations(): object {
    this.endedReads++
    const keys = this.keys.map(({ kid }) => kid)
    return { now: Math.floor(Date.now() / 1000), revocations: this.#ended, keys, more: false }
  }

  #jwks(): object {
    this.keyReads++
    const keys = this.keys.map(({ kid, publicKey }) => ({
      ...publicKey.export({ format: 'jwk' }),
      kid,
      alg: 'ES256',
      use: 'sig',
    }))
    return { keys }
  }

  /** At the same address again after {@link close}. */
  async listen(): Promise<void> {
    this.#port ||= await freePort()
    this.#server = this.#newServer()
    await new Promise<void>((resolve) => this.#server.listen(this.#port, '127.0.0.1', resolve))
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`
  }

  get key(): SigningKey {
    const [key] = this.keys
    if (!key) throw new Error('the issuer has no key')
    return key
  }

  /** An access token; claims and header fields that are undefined are left out. */
  async token(
    claims: object = {},
    header: object = {},
    by: KeyObject = this.key.privateKey,
  ): Promise<string> {
    const head = { alg: 'ES256', typ: 'at+jwt', kid: this.key.kid, ...header }
    const now = Math.floor(Date.now() / 1000)
    const body = {
      iss: 'authdb',
      aud: 'authdb',
      sub: hexId(),
      sid: randomUUID(),
      jti: randomUUID(),
      role: 'USER',
      email: 'someone@example.com',
      name: 'Someone',
      iat: now,
      exp: now + TOKEN_SECONDS,
      ...claims,
    }
    const input = `${encode(head)}.${encode(body)}`
    return `${input}.${es256(input, by)}`
  }

  /** A token of auth-service itself, for internal ports. */
  serviceToken(claims: object = {}, header: object = {}): Promise<string> {
    const own = { aud: 'task-service-internal', sub: 'auth-service', sid: undefined, role: undefined }
    return this.token({ ...own, ...claims }, { typ: 'service+jwt', ...header })
  }

  endSession(sid: string): void {
    this.#ended.push({ sid, expires_at: Math.floor(Date.now() / 1000) + TOKEN_SECONDS })
  }

  close(): Promise<void> {
    this.#server.closeAllConnections()
    return new Promise((resolve) => this.#server.close(() => resolve()))
  }
}
