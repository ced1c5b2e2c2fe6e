import { randomUUID } from 'node:crypto'
import type { Account } from '../accounts/index.ts'
import type { RefreshClaim, RefreshTokens } from './refresh-token.ts'

export interface TokenPair {
  access_token: string
  token_type: 'bearer'
  /** Seconds */
  expires_in: number
  refresh_token: string
}

interface AccessSigner {
  signAccess(claims: object): string
}

/** Makes what a client receives at log-in and at refresh. */
export class TokenMint {
  readonly #signer: AccessSigner
  readonly #refreshTokens: RefreshTokens
  readonly #accessSeconds: number

  constructor(signer: AccessSigner, refreshTokens: RefreshTokens, accessSeconds: number) {
    this.#signer = signer
    this.#refreshTokens = refreshTokens
    this.#accessSeconds = accessSeconds
  }

  mint(account: Account, claim: RefreshClaim): TokenPair {
    const { id: sub, role, email, name } = account
    const accessToken = this.#signer.signAccess({
      sub,
      sid: claim.sessionId,
      jti: randomUUID(),
      role,
      email,
      name,
    })
    return {
      access_token: accessToken,
      token_type: 'bearer',
      expires_in: this.#accessSeconds,
      refresh_token: this.#refreshTokens.issue(claim),
    }
  }
}
