import { createHmac, timingSafeEqual } from 'node:crypto'

const SESSION_ID_BYTES = 12
const COUNTER_BYTES = 4
const MAC_BYTES = 32
const TOKEN = /^[\w-]{64}$/

export interface RefreshClaim {
  sessionId: string
  counter: number
}

/**
 * Opaque refresh tokens: session id, counter and HMAC-SHA-256 of both under the server's secret. Nothing secret is
 * stored, and the current token of a session can be made again for a client that lost the answer.
 */
export class RefreshTokens {
  readonly #secret: string
  readonly #accepted: readonly string[]

  /** @param accepted a second secret whose tokens are read, too: while instances exchange one for the other, both are in use */
  constructor(secret: string, accepted?: string) {
    this.#secret = secret
    this.#accepted = accepted === undefined ? [secret] : [secret, accepted]
  }

  issue({ sessionId, counter }: RefreshClaim): string {
    const head = Buffer.alloc(SESSION_ID_BYTES + COUNTER_BYTES)
    head.write(sessionId, 'hex')
    head.writeUInt32BE(counter, SESSION_ID_BYTES)
    return Buffer.concat([head, mac(this.#secret, head)]).toString('base64url')
  }

  /** @returns what the token says when this server made it, else undefined */
  read(token: string): RefreshClaim | undefined {
    if (!TOKEN.test(token)) return undefined
    const bytes = Buffer.from(token, 'base64url')
    const head = bytes.subarray(0, SESSION_ID_BYTES + COUNTER_BYTES)
    const own = this.#accepted.some((secret) =>
      timingSafeEqual(bytes.subarray(-MAC_BYTES), mac(secret, head)),
    )
    if (!own) return undefined
    return {
      sessionId: head.toString('hex', 0, SESSION_ID_BYTES),
      counter: head.readUInt32BE(SESSION_ID_BYTES),
    }
  }
}

function mac(secret: string, head: Buffer): Buffer {
  return createHmac('sha256', secret).update(head).digest()
}
