import type { CommandStartedEvent, MongoClient } from 'mongodb'
import t from 'tap'
import { newGate } from './support/gate.ts'
import { TestService } from './support/service.ts'
import { mongodbUri, redisUrl } from './support/stores.ts'

const HITS = 20

const redis = await newGate(t, redisUrl)
const service = await TestService.start({ REDIS_URL: redis.url, MONGODB_URI: monitored(mongodbUri) })
t.teardown(() => service.close())
await service.ready()
await service.cacheOn()

function monitored(uri: string): string {
  const url = new URL(uri)
  url.searchParams.set('monitorCommands', 'true')
  return url.href
}

/** What MongoDB was asked for, beside the renewals of the lease and the driver's own look at the server. */
const asked: string[] = []
const client = service.app.mongo.client as MongoClient
client.on('commandStarted', ({ commandName, command }: CommandStartedEvent) => {
  const collection = (command as Record<string, unknown>)[commandName]
  if (collection !== 'cache_epochs') asked.push(`${commandName} ${collection}`)
})

/** Commands that Redis was sent, in the protocol's own form: `*2 $3 get $48 tasks:{…}…` */
function commands(): string[] {
  return redis.sent
    .split(/(?=\*\d+\r\n\$\d+\r\n[a-z]+\r\n)/)
    .filter(Boolean)
    .map((command) => command.split('\r\n')[2] ?? '')
}

/** Runs something and says what it cost. */
async function costs(action: () => Promise<unknown>) {
  redis.sent = ''
  asked.length = 0
  await action()
  return { redis: commands(), mongodb: [...asked] }
}

t.test('a hit costs one command of Redis and none of MongoDB', async (t) => {
  const { id, call } = await service.someone()
  await call('POST', '/tasks/', { title: 'a' })
  await call('GET', '/tasks/')
  const cost = await costs(async () => {
    for (let n = 0; n < HITS; n++) {
      const answer = await call('GET', '/tasks/')
      t.equal(answer.headers['cache-status'], 'task-lists; hit')
    }
  })
  t.strictSame(cost, { redis: Array(HITS).fill('get'), mongodb: [] })
  t.equal(redis.sent.split(`tasks:{${id}}`).length - 1, HITS, 'for the key of this user')
})

t.test('a miss costs three commands of Redis and one of MongoDB', async (t) => {
  const { call } = await service.someone()
  await call('GET', '/tasks/')
  const other = await service.someone()
  const cost = await costs(() => other.call('GET', '/tasks/'))
  t.strictSame(cost, { redis: ['get', 'set', 'evalsha'], mongodb: ['find tasks'] })
})

t.test('a write costs two commands of Redis, and with write-through one read of MongoDB', async (t) => {
  const { call } = await service.someone()
  await call('POST', '/tasks/', { title: 'a' })
  const cost = await costs(() => call('POST', '/tasks/', { title: 'b' }))
  t.strictSame(cost, { redis: ['evalsha', 'evalsha'], mongodb: ['insert tasks', 'find tasks'] })
})

t.test('one task is not cached: Redis is not asked', async (t) => {
  const { call } = await service.someone()
  const { _id } = (await call('POST', '/tasks/', { title: 'a' })).json()
  const cost = await costs(() => call('GET', `/tasks/${_id}`))
  t.strictSame(cost, { redis: [], mongodb: ['find tasks'] })
})
