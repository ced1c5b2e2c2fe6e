import type { webcrypto } from 'node:crypto'
import { randomBytes, randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose'

const ISSUER = 'authdb'

export const hexId = (): string => randomBytes(12).toString('hex')

/** What task-service sees of auth-service: its keys, its list of ended sessions, and the tokens it signs. */
export class Issuer {
  readonly #kid = randomUUID()
  readonly #ended: { sid: string; expires_at: number }[] = []
  readonly #server = createServer((request, response) => {
    response.setHeader('content-type', 'application/json')
    const body = request.url?.startsWith('/internal/revocations')
      ? { now: Date.now() / 1000, revocations: this.#ended, more: false }
      : { keys: [this.#jwk] }
    response.end(JSON.stringify(body))
  })
  #key: webcrypto.CryptoKey
  #jwk: object

  private constructor(key: webcrypto.CryptoKey, jwk: object) {
    this.#key = key
    this.#jwk = { ...jwk, kid: this.#kid, alg: 'ES256', use: 'sig' }
  }

  static async start(): Promise<Issuer> {
    const pair = await generateKeyPair('ES256', { extractable: true })
    const issuer = new Issuer(pair.privateKey, await exportJWK(pair.publicKey))
    await issuer.listen(0)
    return issuer
  }

  listen(port: number): Promise<void> {
    return new Promise((resolve) => this.#server.listen(port, '127.0.0.1', resolve))
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  token(claims: JWTPayload = {}, header: { typ?: string; kid?: string } = {}): Promise<string> {
    return new SignJWT({
      sid: randomUUID(),
      role: 'USER',
      jti: randomUUID(),
      sub: hexId(),
      iss: ISSUER,
      aud: 'authdb',
      ...claims,
    })
      .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid: this.#kid, ...header })
      .setIssuedAt()
      .setExpirationTime(claims.exp ?? '30m')
      .sign(this.#key)
  }

  endSession(sid: string): void {
    this.#ended.push({ sid, expires_at: Date.now() / 1000 + 1800 })
  }

  close(): Promise<void> {
    this.#server.closeAllConnections()
    return new Promise((resolve) => this.#server.close(() => resolve()))
  }
}
