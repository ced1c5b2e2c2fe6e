import { AccountRepository } from '../accounts/index.ts'
import type { Config } from '../config.ts'
import { Channel } from '../platform/channel.ts'
import type { Feature } from '../platform/feature.ts'
import type { Db } from '../platform/mongo.ts'
import type { Redis } from '../platform/redis.ts'
import type { Service } from '../platform/service.ts'
import type { TokenSigner } from '../tokens/index.ts'
import { EndingRepository } from './endings.repository.ts'
import { NotedEndings } from './noted-endings.ts'
import { RefreshTokens } from './refresh-token.ts'
import { SessionEndings } from './session-endings.ts'
import { SessionRepository } from './sessions.repository.ts'
import { logoutRoutes, refreshRoutes, sessionRoutes } from './sessions.routes.ts'
import { SessionService } from './sessions.service.ts'
import { TokenMint } from './token-mint.ts'

export { deviceOf } from './device.ts'
/** For commands: {@link EndingRepository.endSome} */
export { EndingRepository } from './endings.repository.ts'
export type { NotedEndings } from './noted-endings.ts'
export type { Device, Session, Spared } from './session.ts'
export { SessionBody, toSessionBody } from './session-body.ts'
export { REVOCATIONS_INDEX, type SessionDocument, sessionsOf } from './sessions.repository.ts'
export { Tokens } from './sessions.schema.ts'
export type { SessionService } from './sessions.service.ts'
export type { TokenPair } from './token-mint.ts'

/** Where task-service listens for it, too */
const ENDED_SESSIONS = 'ended-sessions'

function endingsOf(db: Db, redis: Redis | undefined): SessionEndings {
  const channel = redis && new Channel(redis, ENDED_SESSIONS)
  return new SessionEndings(new EndingRepository(db), (message) => channel?.send(message))
}

/**
 * Ends the sessions of accounts that change.
 * @param redis over which that is felt at once; without it, as in a command, within two seconds
 */
export function notedEndings(db: Db, redis?: Redis): NotedEndings {
  return new NotedEndings({ accounts: new AccountRepository(db), endings: endingsOf(db, redis) })
}

/** Opening, prolonging and ending log-ins. */
export function sessionsFeature(
  { db, redis, config, now }: Service<Config>,
  signer: TokenSigner,
): Feature & { service: SessionService } {
  const lives = {
    access: config.ACCESS_TOKEN_SECONDS,
    idle: config.REFRESH_IDLE_SECONDS,
    absolute: config.REFRESH_ABSOLUTE_SECONDS,
  }
  const sessions = new SessionRepository(db, lives, now)
  const refreshTokens = new RefreshTokens(config.REFRESH_TOKEN_SECRET, config.REFRESH_TOKEN_SECRET_ACCEPTED)
  const service = new SessionService({
    sessions,
    endings: endingsOf(db, redis),
    accounts: new AccountRepository(db),
    mint: new TokenMint(signer, refreshTokens, config.ACCESS_TOKEN_SECONDS),
    refreshTokens,
    reuseGraceSeconds: config.REFRESH_REUSE_GRACE_SECONDS,
    now,
  })
  return {
    name: 'sessions',
    service,
    prepare: () => sessions.prepare(),
    openRoutes: async (app) => {
      await app.register(refreshRoutes, { sessions: service })
    },
    routes: async (app) => {
      await app.register(sessionRoutes, { sessions: service })
      await app.register(logoutRoutes, { sessions: service })
    },
  }
}
