import t from 'tap'
import type { Account } from '../accounts/index.ts'
import { CredentialsWrong } from '../errors.ts'
import type { Session } from './session.ts'
import { SessionService, type SessionServiceOptions } from './sessions.service.ts'

const DEVICE = { address: '192.0.2.1', userAgent: '' }
const ACCOUNT = { id: 'a', lockedAt: null, passwordChangedAt: null } as Account

/** What becomes of a log-in whose account is `later` by the time that its session is written. */
async function open(later: Account | null) {
  const ended: string[] = []
  const service = new SessionService({
    sessions: { insert: async () => ({ id: 's', counter: 0 }) as Session, findLive: async () => [] },
    endings: { end: async (id: string) => void ended.push(id) },
    accounts: { findById: async () => later },
    mint: { mint: async () => ({ access_token: 'a token' }) },
    now: () => new Date(0),
  } as unknown as SessionServiceOptions)
  const outcome = await service.open(ACCOUNT, DEVICE).catch((error: unknown) => error)
  return { outcome, ended }
}

t.test(
  'a log-in opens a session of an account that is as it was when its password was checked',
  async (t) => {
    t.match(await open({ ...ACCOUNT }), { outcome: { access_token: 'a token' }, ended: [] })
  },
)

for (const [what, later] of Object.entries({
  'got another password': { ...ACCOUNT, passwordChangedAt: new Date(1) },
  'was locked': { ...ACCOUNT, lockedAt: new Date(1) },
  'is gone': null,
})) {
  t.test(`a session that was opened while its account ${what} is ended and gives no token`, async (t) => {
    const { outcome, ended } = await open(later)
    t.ok(outcome instanceof CredentialsWrong)
    t.strictSame(ended, ['s'])
  })
}
