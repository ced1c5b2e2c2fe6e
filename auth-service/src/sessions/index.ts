import { AccountRepository } from '../accounts/index.ts'
import type { Config } from '../config.ts'
import type { Feature } from '../platform/feature.ts'
import type { Db } from '../platform/mongo.ts'
import type { Service } from '../platform/service.ts'
import type { TokenSigner } from '../tokens/index.ts'
import { EndingRepository } from './endings.repository.ts'
import { NotedEndings } from './noted-endings.ts'
import { RefreshTokens } from './refresh-token.ts'
import { SessionRepository } from './sessions.repository.ts'
import { logoutRoutes, refreshRoutes, sessionRoutes } from './sessions.routes.ts'
import { SessionService } from './sessions.service.ts'
import { TokenMint } from './token-mint.ts'

export { deviceOf } from './device.ts'
export { EndingRepository } from './endings.repository.ts'
export type { NotedEndings } from './noted-endings.ts'
export type { Device, Session, Spared } from './session.ts'
export { SessionBody, toSessionBody } from './session-body.ts'
export { type SessionDocument, sessionsOf } from './sessions.repository.ts'
export { Tokens } from './sessions.schema.ts'
export type { SessionService } from './sessions.service.ts'
export type { TokenPair } from './token-mint.ts'

/** Ends the sessions of accounts that change. */
export function notedEndings(db: Db): NotedEndings {
  return new NotedEndings({ accounts: new AccountRepository(db), endings: new EndingRepository(db) })
}

/** Opening, prolonging and ending log-ins. */
export function sessionsFeature(
  { db, config, now }: Service<Config>,
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
    endings: new EndingRepository(db),
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
