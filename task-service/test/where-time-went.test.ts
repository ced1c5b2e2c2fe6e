import t from 'tap'
import { TestService } from './support/service.ts'
import { until } from './support/until.ts'

const METRICS = /^app;dur=(?<app>[\d.]+)(, redis;dur=(?<redis>[\d.]+))?(, mongodb;dur=(?<mongodb>[\d.]+))?$/

function metricsOf(header: unknown): Record<string, number | undefined> {
  const groups = METRICS.exec(String(header))?.groups ?? {}
  return Object.fromEntries(
    Object.entries(groups).map(([name, text]) => [name, text === undefined ? undefined : Number(text)]),
  )
}

t.test('answers name their instance and where the time went', async (t) => {
  const service = await TestService.start({ INSTANCE_NAME: 'task-7', SERVER_TIMING: 'true' })
  t.teardown(() => service.close())
  await service.ready()
  await service.cacheOn()
  const { call } = await service.someone()

  await t.test('a write has been to Redis and to MongoDB', async (t) => {
    const created = await call('POST', '/tasks/', { title: 'Buy milk' })
    t.equal(created.statusCode, 201)
    t.equal(created.headers['x-served-by'], 'task-7')
    const { app = 0, redis = 0, mongodb = 0 } = metricsOf(created.headers['server-timing'])
    t.ok(redis > 0)
    t.ok(mongodb > 0)
    t.ok(app >= mongodb, 'the whole is not less than its part')
  })

  await t.test('a list from the cache has been to Redis alone', async (t) => {
    // On a busy machine Redis may answer too late for a read, which goes to MongoDB then.
    await until('a list comes from the cache', async () => {
      const { headers } = await call('GET', '/tasks/')
      const { redis, mongodb } = metricsOf(headers['server-timing'])
      const isHit = headers['cache-status'] === 'task-lists; hit'
      t.ok(redis || /redis-unreachable|cache-off/.test(String(headers['cache-status'])))
      t.equal(mongodb !== undefined, !isHit, 'MongoDB is asked when it is no hit, and only then')
      return isHit
    })
  })

  await t.test('without a token the instance is named and no time is told', async (t) => {
    const refused = await service.app.inject('/tasks/')
    t.equal(refused.statusCode, 401)
    t.equal(refused.headers['x-served-by'], 'task-7')
    t.notOk('server-timing' in refused.headers)
  })

  await t.test('scripts of allowed origins may read both', async (t) => {
    const answer = await service.app.inject({ url: '/tasks/', headers: { origin: 'http://localhost:5173' } })
    const exposed = String(answer.headers['access-control-expose-headers']).split(', ')
    t.ok(exposed.includes('server-timing') && exposed.includes('x-served-by'))
  })
})

t.test('an instance that was not told to says neither', async (t) => {
  const service = await TestService.start()
  t.teardown(() => service.close())
  await service.ready()
  const { call } = await service.someone()
  const { headers, statusCode } = await call('GET', '/tasks/')
  t.equal(statusCode, 200)
  t.notOk('server-timing' in headers || 'x-served-by' in headers)
})
