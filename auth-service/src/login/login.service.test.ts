import t from 'tap'
import type { Account } from '../accounts/index.ts'
import { HashingBusy } from '../errors.ts'
import type { TokenPair } from '../sessions/index.ts'
import { LoginService } from './login.service.ts'

const CREDENTIALS = { email: 'someone@example.org', password: 'right' }
const DEVICE = { address: '192.0.2.1', userAgent: '' }
const TOKENS = { access_token: 'a token' } as TokenPair

/** A log-in with the right password for a hash of older parameters. `replaced` is what was stored in its place. */
function scene(hash: (password: string) => Promise<string>) {
  const account = { id: '0'.repeat(24), lockedAt: null } as Account
  const replaced: string[] = []
  const service = new LoginService({
    accounts: {
      findCredentials: async () => ({ account, passwordHash: 'old' }),
      replaceHash: async (_id, _old, next) => {
        replaced.push(next)
      },
    },
    hasher: {
      hash,
      verify: async () => ({ correct: true, outdated: true }),
      verifyNothing: async () => ({ correct: false, outdated: false }),
    },
    attempts: { begin: async () => ({ undo: async () => {} }), succeeded: async () => {} },
    sessions: { open: async () => TOKENS, hasBeenAt: async () => false },
    secondFactor: { check: async () => {} },
    count: () => {},
  })
  return { service, replaced }
}

t.test('a hash of older parameters is replaced at the next log-in', async (t) => {
  const { service, replaced } = scene(async () => 'new')
  t.match(await service.login(CREDENTIALS, DEVICE, () => {}), { tokens: TOKENS })
  t.strictSame(replaced, ['new'])
})

t.test('a right password is not refused because there is no room for another hash', async (t) => {
  const { service, replaced } = scene(async () => {
    throw new HashingBusy()
  })
  t.match(await service.login(CREDENTIALS, DEVICE, () => {}), { tokens: TOKENS })
  t.strictSame(replaced, [])
})

t.test('a defect of the hasher is not passed over', async (t) => {
  const { service } = scene(async () => {
    throw new TypeError('a defect')
  })
  await t.rejects(
    service.login(CREDENTIALS, DEVICE, () => {}),
    { message: 'a defect' },
  )
})
