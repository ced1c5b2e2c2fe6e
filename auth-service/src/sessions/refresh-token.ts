import { createHmac, timingSafeEqual } from 'node:crypto'

const FAMILY_BYTES = 12
const COUNTER_BYTES = 4
const MAC_BYTES = 32
const TOKEN = /^[\w-]{64}$/

export interface RefreshClaim {
  /** The session's id */
  family: string
  counter: number
}

/**
 * Opaque refresh tokens: family, counter and HMAC-SHA-256 of both under the server's secret. Nothing secret is
 * stored, and the current token of a family can be made again for a client that lost the answer.
 */
export class RefreshTokens {
  readonly #secret: string
  readonly #accepted: readonly string[]

  /** @param accepted a second secret whose tokens are read, too: while instances exchange one for the other, both are in use */
  constructor(secret: string, accepted?: string) {
    this.#secret = secret
    this.#accepted = accepted === undefined ? [secret] : [secret, accepted]
  }

  issue({ family, counter }: RefreshClaim): string {
    const head = Buffer.alloc(FAMILY_BYTES + COUNTER_BYTES)
    head.write(family, 'hex')
    head.writeUInt32BE(counter, FAMILY_BYTES)
    return Buffer.concat([head, mac(this.#secret, head)]).toString('base64url')
  }

  /** @returns what the token says when this server made it, else null */
  read(token: string): RefreshClaim | null {
    if (!TOKEN.test(token)) return null
    const bytes = Buffer.from(token, 'base64url')
    const head = bytes.subarray(0, FAMILY_BYTES + COUNTER_BYTES)
    const own = this.#accepted.some((secret) =>
      timingSafeEqual(bytes.subarray(-MAC_BYTES), mac(secret, head)),
    )
    if (!own) return null
    return { family: head.toString('hex', 0, FAMILY_BYTES), counter: head.readUInt32BE(FAMILY_BYTES) }
  }
}

function mac(secret: string, head: Buffer): Buffer {
  return createHmac('sha256', secret).update(head).digest()
}
