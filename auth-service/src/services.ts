import { availableParallelism } from 'node:os'
import type { FastifyBaseLogger } from 'fastify'
import type { Redis } from 'ioredis'
import type { Db } from 'mongodb'
import { AccountRepository } from './accounts/accounts.repository.ts'
import { AccountService } from './accounts/accounts.service.ts'
import { AdministrationRepository } from './administration/administration.repository.ts'
import { AdministrationService } from './administration/administration.service.ts'
import type { Config } from './config.ts'
import { ErasureRepository } from './erasures/erasures.repository.ts'
import { LoginService } from './login/login.service.ts'
import type { Metrics } from './metrics.ts'
import { BoundedQueue } from './passwords/bounded-queue.ts'
import { PasswordHasher } from './passwords/password-hasher.ts'
import { EndingRepository } from './revocations/endings.repository.ts'
import { RevocationPages } from './revocations/revocation-pages.ts'
import { RefreshTokens } from './sessions/refresh-token.ts'
import { SessionRepository } from './sessions/sessions.repository.ts'
import { SessionService } from './sessions/sessions.service.ts'
import { TokenMint } from './sessions/token-mint.ts'
import { AttemptMemory } from './throttling/attempt-memory.ts'
import { AttemptCache } from './throttling/attempts.cache.ts'
import { Attempts } from './throttling/attempts.ts'
import { readKeys } from './tokens/key-file-watch.ts'
import { SigningKeys } from './tokens/signing-keys.ts'
import { TokenSigner } from './tokens/token-signer.ts'

/** Log-ins that wait for a processor, and how long. */
const HASH_QUEUE = { concurrency: availableParallelism(), waiting: 64, deadlineMs: 3_000 }

export type Repositories = ReturnType<typeof buildRepositories>
export type Tokens = ReturnType<typeof buildTokens>
export type Services = ReturnType<typeof buildServices>

/** One per collection and duty. */
export function buildRepositories(db: Db, config: Config) {
  return {
    accounts: new AccountRepository(db),
    users: new AdministrationRepository(db),
    sessions: new SessionRepository(db, {
      access: config.ACCESS_TOKEN_SECONDS,
      idle: config.REFRESH_IDLE_SECONDS,
      absolute: config.REFRESH_ABSOLUTE_SECONDS,
    }),
    endings: new EndingRepository(db),
    erasures: new ErasureRepository(db),
  }
}

/** Keys and what is signed with them. @throws Error when the keys cannot be read */
export function buildTokens(config: Config) {
  const ring = new SigningKeys(readKeys(config.SIGNING_KEYS_FILE), config.KEY_PROPAGATION_SECONDS)
  const signer = new TokenSigner(ring, {
    issuer: config.TOKEN_ISSUER,
    audience: config.TOKEN_AUDIENCE,
    accessSeconds: config.ACCESS_TOKEN_SECONDS,
  })
  const refreshTokens = new RefreshTokens(config.REFRESH_TOKEN_SECRET)
  return {
    ring,
    signer,
    refreshTokens,
    mint: new TokenMint(signer, refreshTokens, config.ACCESS_TOKEN_SECONDS),
  }
}

/** The rules, on top of what keeps and signs. */
export function buildServices(
  config: Config,
  repositories: Repositories,
  tokens: Tokens,
  redis: Redis,
  metrics: Metrics,
  log: FastifyBaseLogger,
) {
  const { accounts, users, sessions, endings, erasures } = repositories
  const { mint, refreshTokens } = tokens
  const queue = new BoundedQueue(HASH_QUEUE)
  metrics.watchHashQueue(() => queue.depth)
  const hasher = new PasswordHasher(queue, metrics.hashed)
  const attempts = new Attempts({
    shared: new AttemptCache(redis),
    local: new AttemptMemory(),
    limitPerMinute: config.LOGIN_LIMIT_PER_MINUTE,
    log,
  })
  const { PASSWORD_MIN_LENGTH: passwordMinLength, REFRESH_REUSE_GRACE_SECONDS: reuseGraceSeconds } = config
  const sessionService = new SessionService({
    sessions,
    endings,
    accounts,
    mint,
    refreshTokens,
    reuseGraceSeconds,
  })
  return {
    accounts: new AccountService({ accounts, hasher, passwordMinLength, adminEmail: config.ADMIN_EMAIL }),
    sessions: sessionService,
    login: new LoginService({
      accounts,
      hasher,
      attempts,
      sessions: sessionService,
      count: metrics.loggedIn,
    }),
    feed: new RevocationPages(endings, metrics.servedRevocations),
    administration: new AdministrationService({
      accounts,
      users,
      endings,
      requestErasure: (userId) => erasures.request(userId),
    }),
  }
}
