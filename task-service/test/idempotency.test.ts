import { MongoClient } from 'mongodb'
import t from 'tap'
import { done } from './support/done.ts'
import { TestService } from './support/service.ts'
import { mongodbUri } from './support/stores.ts'

const service = await TestService.start({ MAX_TASKS_PER_OWNER: '3' })
t.teardown(() => service.close())
await service.ready()
await service.cacheOn()
const mongo = new MongoClient(mongodbUri)
t.teardown(() => mongo.close())
const keys = mongo.db(service.database).collection<{ _id: string }>('creation_keys')

let made = 0
const newKey = () => `key-${++made}`
const BODY = { title: 'a', completed: true, due_at: '2026-01-01T00:00:00Z', labels: ['x', 'y'] }

t.test('fifty at once through three instances make one task and get one answer', async (t) => {
  const { token, call } = await service.someone()
  const others = [await service.another(), await service.another()]
  await Promise.all(others.map((other) => other.ready()))
  const calls = [service, ...others].map((instance) => instance.as(token))
  const headers = { 'idempotency-key': newKey() }
  const repeat = async (n: number) => {
    // Refused for load, a client comes again: that is what the key is for.
    for (;;) {
      const answer = await calls[n % 3]?.('POST', '/tasks/', BODY, headers)
      if (answer?.statusCode !== 503) return answer
    }
  }
  const answers = await Promise.all(Array.from({ length: 50 }, (_, n) => repeat(n)))
  t.same(new Set(answers.map((answer) => answer?.statusCode)), new Set([201]))
  t.equal(new Set(answers.map((answer) => answer?.body)).size, 1)
  t.equal(new Set(answers.map((answer) => answer?.headers.location)).size, 1)
  t.same((await call('GET', '/tasks/')).json(), [answers[0]?.json()])
})

t.test('a repeat is the first answer after the task was changed, and after it was deleted', async (t) => {
  const { call } = await service.someone()
  const headers = { 'idempotency-key': newKey() }
  const first = await call('POST', '/tasks/', BODY, headers)
  const url = `/tasks/${first.json()._id}`
  const repeats = async () => {
    const again = await call('POST', '/tasks/', { ...BODY, title: 'a' }, headers)
    t.equal(again.statusCode, 201)
    t.equal(again.body, first.body)
    t.equal(again.headers.etag, '"1"')
    t.equal(again.headers.location, url)
  }
  await repeats()
  t.equal((await call('PUT', url, { title: 'b' })).statusCode, 200)
  await repeats()
  t.equal((await call('GET', url)).json().title, 'b')
  await done(call, 'DELETE', url)
  await repeats()
  t.same((await call('GET', '/tasks/')).json(), [])
})

t.test(
  'the order of fields does not matter; another body is 422, also when it is refused otherwise',
  async (t) => {
    const { call } = await service.someone()
    const headers = { 'idempotency-key': newKey() }
    const { title, ...rest } = BODY
    const first = await call('POST', '/tasks/', BODY, headers)
    t.equal((await call('POST', '/tasks/', { ...rest, title }, headers)).body, first.body)
    for (const other of [{ title: 'b' }, { ...BODY, labels: ['y', 'x'] }, { ...BODY, priority: 0 }])
      t.match(await call('POST', '/tasks/', other, headers), {
        statusCode: 422,
        json: Function,
      })
    t.equal((await call('POST', '/tasks/', { title: 'b' }, headers)).json().code, 'idempotency_key_reused')
    t.equal((await call('GET', '/tasks/')).json().length, 1)
  },
)

t.test('a key is its owner’s alone', async (t) => {
  const headers = { 'idempotency-key': newKey() }
  const [one, other] = [await service.someone(), await service.someone()]
  const first = (await one.call('POST', '/tasks/', BODY, headers)).json()
  const second = (await other.call('POST', '/tasks/', { title: 'b' }, headers)).json()
  t.not(first._id, second._id)
  t.equal(second.owner_id, other.id)
})

t.test(
  'whoever died after any step, the repeat makes one task and shows it, also in a list that was cached',
  async (t) => {
    for (const died of ['after the key', 'after the task', 'before it was noted']) {
      const { id, call } = await service.someone()
      const key = newKey()
      const headers = { 'idempotency-key': key }
      t.same((await call('GET', '/tasks/')).json(), [], 'it is cached')
      const first = await call('POST', '/tasks/', BODY, headers)
      const tasks = mongo.db(service.database).collection('tasks')
      if (died === 'after the key') await tasks.deleteMany({ title: 'a' })
      await keys.updateOne({ _id: `${id}:${key}` }, { $set: { announced: false } })
      const again = await call('POST', '/tasks/', BODY, headers)
      t.equal(again.statusCode, 201, died)
      t.equal(again.body, first.body)
      t.same((await call('GET', '/tasks/')).json(), [first.json()], died)
      t.match(await keys.findOne({ _id: `${id}:${key}` }), { announced: true })
    }
  },
)

t.test('after its time a key is as good as new, also before the database removes it', async (t) => {
  const { id, call } = await service.someone()
  const key = newKey()
  const first = await call('POST', '/tasks/', BODY, { 'idempotency-key': key })
  const stored = await keys.findOne({ _id: `${id}:${key}` })
  t.match(stored, { expires_at: Date, created_at: Date })
  await keys.updateOne({ _id: `${id}:${key}` }, { $set: { expires_at: new Date(Date.now() - 1) } })
  const second = await call('POST', '/tasks/', { title: 'b' }, { 'idempotency-key': key })
  t.equal(second.statusCode, 201)
  t.not(second.json()._id, first.json()._id)
  t.match(
    (await keys.indexes()).filter(({ name }) => name === 'expired'),
    [{ key: { expires_at: 1 }, expireAfterSeconds: 0 }],
  )
})

t.test('a repeat of the last creation that there was room for is no creation too many', async (t) => {
  const { call } = await service.someone()
  for (let n = 0; n < 2; n++) await call('POST', '/tasks/', { title: 'a' })
  const headers = { 'idempotency-key': newKey() }
  t.equal((await call('POST', '/tasks/', BODY, headers)).statusCode, 201)
  t.equal((await call('POST', '/tasks/', BODY, headers)).statusCode, 201)
  t.equal((await call('POST', '/tasks/', BODY, { 'idempotency-key': newKey() })).statusCode, 409)
})

t.test('a key that is none is 422, and a body that is refused leaves no key', async (t) => {
  const { id, call } = await service.someone()
  for (const key of ['', ' ', 'a b', 'é', 'x'.repeat(256), 'a\tb']) {
    const answer = await call('POST', '/tasks/', BODY, { 'idempotency-key': key })
    t.equal(answer.statusCode, 422, key)
    t.match(answer.json().detail, /idempotency-key/)
  }
  const headers = { 'idempotency-key': 'x'.repeat(255) }
  t.equal((await call('POST', '/tasks/', { title: '' }, headers)).statusCode, 422)
  t.equal(
    (await call('POST', '/tasks/', { title: 'a', due_at: '2016-12-31T23:59:60Z' }, headers)).statusCode,
    422,
  )
  t.equal(await keys.countDocuments({ _id: { $regex: `^${id}` } }), 0)
  t.equal((await call('POST', '/tasks/', BODY, headers)).statusCode, 201)
})

t.test('with an account go its keys', async (t) => {
  const { id, call } = await service.someone()
  await call('POST', '/tasks/', BODY, { 'idempotency-key': newKey() })
  const headers = { authorization: `Bearer ${await service.issuer.serviceToken()}` }
  await service.app.internal.inject({ method: 'DELETE', url: `/internal/owners/${id}`, headers })
  t.equal(await keys.countDocuments({ _id: { $regex: `^${id}` } }), 0)
})
