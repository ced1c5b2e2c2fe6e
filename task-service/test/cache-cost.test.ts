import type { CommandStartedEvent, MongoClient } from 'mongodb'
import t from 'tap'
import { newGate } from './support/gate.ts'
import { TestService } from './support/service.ts'
import { mongodbUri, redisUrl } from './support/stores.ts'
import { until } from './support/until.ts'

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
  return (
    redis.sent
      .split(/(?=\*\d+\r\n\$\d+\r\n[a-z]+\r\n)/)
      .filter(Boolean)
      .map((command) => command.split('\r\n')[2] ?? '')
      // Changes are announced to open pages as well, whenever it suits.
      .filter((command) => command !== 'publish')
  )
}

type User = Awaited<ReturnType<TestService['someone']>>

/**
 * What something costs, for a new user. On a busy machine Redis can be slower than 100 ms, and the service then asks
 * it whether it is there: that measurement is made again.
 * @param undisturbed whether the cache was used
 */
async function cost(
  prepare: (user: User) => Promise<unknown>,
  measured: (user: User) => Promise<unknown>,
  undisturbed: (user: User) => Promise<boolean>,
) {
  let result = { redis: [] as string[], mongodb: [] as string[], id: '' }
  await until('a measurement is not disturbed', async () => {
    await service.cacheOn()
    const user = await service.someone()
    await prepare(user)
    redis.sent = ''
    asked.length = 0
    await measured(user)
    result = { redis: commands(), mongodb: [...asked], id: user.id }
    return !result.redis.includes('info') && (await undisturbed(user))
  })
  return result
}

const create = ({ call }: User) => call('POST', '/tasks/', { title: 'a' })
const cacheStatus = async ({ call }: User) => (await call('GET', '/tasks/')).headers['cache-status']
const isHit = async (user: User) => (await cacheStatus(user)) === 'task-lists; hit'
const isStored = async (user: User) => (await cacheStatus(user)) === 'task-lists; fwd=uri-miss; stored'
/** Beside that, every script was loaded once. */
const storedByReader = async (user: User) => {
  await create(user)
  await isStored(user)
}

t.test('a hit costs one command of Redis and none of MongoDB', async (t) => {
  let hits = 0
  const { id, ...seen } = await cost(
    storedByReader,
    async (user) => {
      hits = 0
      for (let n = 0; n < HITS; n++) if (await isHit(user)) hits++
    },
    async () => hits === HITS,
  )
  t.strictSame(seen, { redis: Array(HITS).fill('get'), mongodb: [] })
  t.ok(redis.sent.includes(`tasks:{${id}}`), 'for the key of this user')
})

t.test('a miss costs three commands of Redis and one of MongoDB', async (t) => {
  const { id, ...seen } = await cost(
    async () => {},
    ({ call }) => call('GET', '/tasks/'),
    isHit,
  )
  t.strictSame(seen, { redis: ['get', 'evalsha', 'evalsha'], mongodb: ['find tasks'] })
})

t.test('a creation costs two commands of Redis, and one of MongoDB beside itself: the count', async (t) => {
  const { id, ...seen } = await cost(storedByReader, create, isStored)
  t.strictSame(seen, { redis: ['evalsha', 'evalsha'], mongodb: ['aggregate tasks', 'insert tasks'] })
})

t.test('one task is not cached: Redis is not asked', async (t) => {
  let path = ''
  const { id, ...seen } = await cost(
    async (user) => {
      path = `/tasks/${(await create(user)).json()._id}`
    },
    ({ call }) => call('GET', path),
    async () => true,
  )
  t.strictSame(seen, { redis: [], mongodb: ['find tasks'] })
})
