import t from 'tap'
import { newEmail } from './support/client.ts'
import { PASSWORD, startInstance, startService } from './support/service.ts'

const { app, environment } = await startService(t, { MAX_IN_FLIGHT: '1' })

t.test(
  'beyond the requests it may have in flight others are 503 at once, and nobody keeps that answer',
  async (t) => {
    const payload = { email: newEmail(), password: PASSWORD }
    const register = () => app.inject({ method: 'POST', url: '/auth/register', payload })
    // All arrive before the first can have got anything from the database.
    const [first, ...others] = await Promise.all([register(), register(), register(), register()])
    t.equal(first?.statusCode, 201)
    for (const refused of others) {
      t.equal(refused.statusCode, 503)
      t.match(refused.json(), { code: 'overloaded' })
      t.equal(refused.headers['cache-control'], 'no-store')
      t.ok(Number(refused.headers['retry-after']) >= 1)
    }
    t.equal((await app.inject('/auth/me')).statusCode, 401, 'there is room again')
  },
)

t.test('nor the one to somebody who calls too often', async (t) => {
  const limited = await startInstance(t, { ...environment, RATE_LIMIT_PER_MINUTE: '1' })
  const call = () => limited.inject('/auth/me')
  t.equal((await call()).statusCode, 401)
  const refused = await call()
  t.match(refused.json(), { status: 429, code: 'rate_limited' })
  t.equal(refused.headers['cache-control'], 'no-store')
})
