import t from 'tap'
import { newEmail } from './support/client.ts'
import { PASSWORD, startInstance, startService } from './support/service.ts'

const { app, environment } = await startService(t, { MAX_IN_FLIGHT: '1' })
const url = await app.listen({ host: '127.0.0.1', port: 0 })

t.test(
  'beyond the requests it may have in flight others are 503 at once, and nobody keeps that answer',
  async (t) => {
    const body = JSON.stringify({ email: newEmail(), password: PASSWORD })
    const register = () =>
      fetch(`${url}/auth/register`, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
    const answers = await Promise.all(Array.from({ length: 4 }, register))
    const refused = answers.filter(({ status }) => status === 503)
    t.same(
      answers.filter(({ status }) => status !== 503).map(({ status }) => status),
      [201],
      'the hash of a password takes longer than the others need to arrive',
    )
    for (const answer of refused) {
      t.match(await answer.json(), { code: 'overloaded' })
      t.equal(answer.headers.get('cache-control'), 'no-store')
      t.ok(Number(answer.headers.get('retry-after')) >= 1)
    }
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
