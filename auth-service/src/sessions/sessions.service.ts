import type { Account, EndReason } from '../accounts/index.ts'
import { about, CredentialsWrong, RefreshInvalid, RefreshReused, SessionNotFound } from '../errors.ts'
import { TokenInvalid } from '../platform/token-verifier.ts'
import type { Caller } from '../tokens/index.ts'
import type { RefreshClaim, RefreshTokens } from './refresh-token.ts'
import type { Device, Session, Spared } from './session.ts'
import type { TokenMint, TokenPair } from './token-mint.ts'

/** Of one account, at once */
const MAX_SESSIONS = 100

export type LogoutScope = 'local' | 'others' | 'global'

interface Sessions {
  insert(userId: string, device: Device): Promise<Session>
  findById(id: string): Promise<Session | undefined>
  findLive(userId: string): Promise<Session[]>
  rotate(id: string, counter: number): Promise<Session | undefined>
  extendAccess(id: string): Promise<boolean>
  hasBeenAt(userId: string, address: string): Promise<boolean>
}

interface Endings {
  end(id: string, reason: EndReason): Promise<void>
  endAll(userId: string, reason: EndReason, spare?: Spared): Promise<void>
}

interface Accounts {
  findById(id: string): Promise<Account | undefined>
}

export interface SessionServiceOptions {
  sessions: Sessions
  endings: Endings
  accounts: Accounts
  mint: TokenMint
  refreshTokens: RefreshTokens
  reuseGraceSeconds: number
  now: () => Date
}

/** Opens, prolongs and ends log-ins (RFC 9700 §4.14). */
export class SessionService {
  readonly #options: SessionServiceOptions

  constructor(options: SessionServiceOptions) {
    this.#options = options
  }

  /**
   * Opens a session for an account whose password was right, and ends what is too many.
   * @throws CredentialsWrong when the account went away meanwhile, or got another password
   */
  async open({ id, passwordChangedAt }: Account, device: Device): Promise<TokenPair> {
    const session = await this.#options.sessions.insert(id, device)
    const isSame = (now: Account) => now.passwordChangedAt?.getTime() === passwordChangedAt?.getTime()
    const tokens = await this.#mintFor({ sessionId: session.id, counter: session.counter }, id, isSame)
    if (!tokens) throw new CredentialsWrong()
    await this.#endSurplus(id)
    return tokens
  }

  /** Where somebody is logged in, the last used first. */
  list(accountId: string): Promise<Session[]> {
    return this.#options.sessions.findLive(accountId)
  }

  /** Ends a session of an account's owner. @throws SessionNotFound when it is none of theirs, or has ended */
  async endOwn(accountId: string, sessionId: string): Promise<void> {
    const session = await this.#options.sessions.findById(sessionId)
    if (session?.userId !== accountId || session.revokedAt) throw new SessionNotFound()
    await this.#options.endings.end(sessionId, 'logout')
  }

  /**
   * Exchanges a refresh token for the session's current one and a new access token. Of many at once one rotates; the
   * others, a client that lost the answer and one with many tabs get the current one, however many steps on it is,
   * during the grace time after their own token was rotated out.
   * @throws RefreshInvalid
   * @throws RefreshReused when a rotated token comes back later: somebody else has a copy, so the session ends
   */
  async refresh(token: string): Promise<TokenPair> {
    const claim = this.#options.refreshTokens.read(token)
    if (!claim) throw new RefreshInvalid()
    const session =
      (await this.#options.sessions.rotate(claim.sessionId, claim.counter)) ??
      (await this.#successorOf(claim))
    const tokens = await this.#mintFor({ sessionId: session.id, counter: session.counter }, session.userId)
    if (!tokens) throw new RefreshInvalid()
    return tokens
  }

  async logout({ account, sessionId }: Caller, scope: LogoutScope): Promise<void> {
    const { endings } = this.#options
    if (scope === 'local') await endings.end(sessionId, 'logout')
    else await endings.endAll(account.id, 'logout', scope === 'others' ? { id: sessionId } : {})
  }

  /** Has the account's owner logged in from this address, as far back as sessions are kept? */
  hasBeenAt(accountId: string, address: string): Promise<boolean> {
    return this.#options.sessions.hasBeenAt(accountId, address)
  }

  /**
   * Who holds an access token of this session.
   * @throws TokenInvalid when the session has ended or its account is gone or locked
   */
  async callerOf(sessionId: string, accountId: string): Promise<Caller> {
    const { sessions, accounts } = this.#options
    const [session, account] = await Promise.all([sessions.findById(sessionId), accounts.findById(accountId)])
    if (session?.userId !== accountId || session.revokedAt !== null) throw new TokenInvalid()
    if (!account || account.lockedAt) throw new TokenInvalid()
    return { account, sessionId }
  }

  /** Those without an access token that is still good go first, of them the longest unused. */
  async #endSurplus(accountId: string): Promise<void> {
    const { sessions, endings, now } = this.#options
    const live = await sessions.findLive(accountId)
    if (live.length <= MAX_SESSIONS) return
    const isInUse = ({ accessUntil }: Session) => accessUntil > now()
    const byWorth = [...live.filter(isInUse), ...live.filter((session) => !isInUse(session))]
    for (const { id } of byWorth.slice(MAX_SESSIONS)) await endings.end(id, 'too_many')
  }

  async #successorOf(claim: RefreshClaim): Promise<Session> {
    const { sessions, endings, now } = this.#options
    const session = await sessions.findById(claim.sessionId)
    if (!session || session.revokedAt || session.expiresAt <= now() || claim.counter >= session.counter) {
      throw new RefreshInvalid()
    }
    if (this.#isFreshlyRotated(session, claim)) {
      if (!(await sessions.extendAccess(session.id))) throw new RefreshInvalid()
      return session
    }
    await endings.end(session.id, 'refresh_reused')
    throw about(session.userId, new RefreshReused())
  }

  /** A token that is not among the last ones that were rotated out is an old one. */
  #isFreshlyRotated({ rotations }: Session, { counter }: RefreshClaim): boolean {
    const { now, reuseGraceSeconds } = this.#options
    const rotatedAt = rotations.get(counter)
    return rotatedAt !== undefined && now().getTime() - rotatedAt.getTime() < reuseGraceSeconds * 1000
  }

  /**
   * The account is read after the session was written: a deletion, lock or change of role either shows here or finds
   * the session and ends it.
   */
  async #mintFor(
    claim: RefreshClaim,
    accountId: string,
    isAcceptable: (account: Account) => boolean = () => true,
  ): Promise<TokenPair | undefined> {
    const account = await this.#options.accounts.findById(accountId)
    if (account && !account.lockedAt && isAcceptable(account)) return this.#options.mint.mint(account, claim)
    await this.#options.endings.end(claim.sessionId, 'account_gone')
    return undefined
  }
}
