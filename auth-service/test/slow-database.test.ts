import t from 'tap'
import { newGate } from './support/network.ts'
import { startService } from './support/service.ts'
import { mongodbUri } from './support/stores.ts'
import { until } from './support/until.ts'

/** Longer than a request waits for a connection (2 s). */
const ACCEPT_MS = 3_000

t.test('a database that is slow to accept connections is found again after they were cut', async (t) => {
  const mongo = await newGate(t, mongodbUri)
  const uri = new URL(mongodbUri)
  uri.host = `127.0.0.1:${mongo.port}`
  uri.searchParams.set('directConnection', 'true')
  const { app } = await startService(t, { MONGODB_URI: uri.href })
  const health = async () => (await app.inject('/health')).statusCode
  t.equal(await health(), 200)
  await mongo.close()
  t.equal(await health(), 503)
  mongo.acceptMs = ACCEPT_MS
  await mongo.open()
  await until('it is found again', async () => (await health()) === 200)
  t.equal(await health(), 200)
})
