import type { Config } from '../config.ts'
import { Channel } from '../platform/channel.ts'
import type { Feature } from '../platform/feature.ts'
import type { Service } from '../platform/service.ts'
import { EndedSessions } from './ended-sessions.ts'
import { PublicKeys } from './public-keys.ts'

export { type Caller, default as authenticate, requireAdmin } from './authenticate.ts'
export { EndedSessions } from './ended-sessions.ts'
export { PublicKeys } from './public-keys.ts'
export { default as serviceToken } from './service-token.ts'

/** Where auth-service announces them */
const ENDED_SESSIONS = 'ended-sessions'

/** What tells a good token from a bad one, kept up to date. */
export interface TokensFeature extends Feature {
  keys: PublicKeys
  endedSessions: EndedSessions
}

/** The public keys and the ended sessions of auth-service. */
export function tokensFeature({ config, log, redis, registry, readiness }: Service<Config>): TokensFeature {
  const keys = new PublicKeys({ url: config.JWKS_URL, log, onLoaded: readiness.waitFor('keys') })
  const endedSessions = new EndedSessions({
    url: config.REVOCATIONS_URL,
    registry,
    log,
    onLoaded: readiness.waitFor('revocations'),
    onKeys: (ids) => keys.heard(ids),
  })
  const announcements = new Channel(redis, ENDED_SESSIONS).listener((message) =>
    endedSessions.announced(message),
  )
  return { name: 'tokens', keys, endedSessions, jobs: [keys, endedSessions, announcements] }
}
