import { AccountRepository, type AccountService } from '../accounts/index.ts'
import type { Config } from '../config.ts'
import { ErasureRepository } from '../erasures/index.ts'
import type { Mail } from '../mail/index.ts'
import type { Feature } from '../platform/feature.ts'
import { repeated } from '../platform/jobs.ts'
import type { Db } from '../platform/mongo.ts'
import type { Redis } from '../platform/redis.ts'
import type { Service } from '../platform/service.ts'
import { notedEndings, type SessionService } from '../sessions/index.ts'
import { accessRoutes } from './access.routes.ts'
import { AdministrationRepository } from './administration.repository.ts'
import { administrationRoutes, userRoutes } from './administration.routes.ts'
import { AdministrationService } from './administration.service.ts'

export { requireId } from './administration.routes.ts'
export { UserParams } from './administration.schema.ts'

const INTERRUPTED_INTERVAL_MS = 10_000

interface Beneath {
  db: Db
  /** Over which ended sessions are felt at once; a command has none */
  redis?: Redis
  tell: Mail['tell']
  now?: () => Date
}

/** What administrators do, on a database alone: also for a command beside the running service. */
export function administrationOf({
  db,
  redis,
  tell,
  now = () => new Date(),
}: Beneath): AdministrationService {
  const erasures = new ErasureRepository(db)
  return new AdministrationService({
    accounts: new AccountRepository(db),
    users: new AdministrationRepository(db),
    endings: notedEndings(db, redis),
    now,
    tell,
    requestErasure: (userId) => erasures.request(userId),
  })
}

interface Parts {
  accounts: AccountService
  sessions: SessionService
  mail: Mail
}

/** Other people's accounts. */
export function administrationFeature(
  { db, redis, log, now }: Service<Config>,
  { accounts, sessions, mail }: Parts,
): Feature {
  const administration = administrationOf({ db, redis, tell: mail.tell, now })

  return {
    name: 'administration',
    routes: async (app) => {
      await app.register(userRoutes, { administration })
      await app.register(administrationRoutes, { administration, accounts })
      await app.register(accessRoutes, { administration, sessions })
    },
    jobs: [
      repeated({
        name: 'interrupted requests',
        everyMs: INTERRUPTED_INTERVAL_MS,
        run: () => administration.finishInterrupted(),
        log,
      }),
    ],
  }
}
