import type { Config } from '../config.ts'
import type { Service } from '../platform/service.ts'
import { AttemptMemory } from './attempt-memory.ts'
import { AttemptCache } from './attempts.cache.ts'
import { Attempts } from './attempts.ts'

export { addressGroup } from './address-group.ts'
export type { Attempt, Attempts, Begun, LimitState } from './attempts.ts'
export { showLimitOn } from './limit-headers.ts'

/** The limits on guessing passwords: shared by all instances while Redis is there, else of this one alone. */
export function loginAttempts({ redis, config, log }: Service<Config>): Attempts {
  return new Attempts({
    shared: new AttemptCache(redis),
    local: new AttemptMemory(),
    limitPerMinute: config.LOGIN_LIMIT_PER_MINUTE,
    mailsPerHour: config.MAIL_LIMIT_PER_HOUR,
    log,
  })
}
