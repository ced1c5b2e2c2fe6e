import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import { MongoClient } from 'mongodb'
import type { Test } from 'tap'
import { buildApp } from '../../src/app.ts'
import { loadConfig } from '../../src/config.ts'
import { formatKeys, rotate } from '../../src/tokens/index.ts'
import { dropDatabase, mongodbUri, newDatabaseName, redisUrl } from './stores.ts'
import { until } from './until.ts'

export const PASSWORD = 'correct horse battery'

/** One for all instances of a test file: each has a file of its own */
const KEYS = formatKeys(await rotate([], Math.floor(Date.now() / 1000)))

export interface Service {
  app: FastifyInstance
  environment: Record<string, string>
  /** Made by the tests' own driver, to look behind the service */
  mongo: MongoClient
}

/** Settings of an instance with keys and a database of its own; no limits, so that tests set those they are about. */
export function newEnvironment(t: Test): Record<string, string> {
  const folder = mkdtempSync(join(tmpdir(), 'auth-test-'))
  const keys = join(folder, 'keys.json')
  writeFileSync(keys, KEYS, { mode: 0o600 })
  const database = newDatabaseName()
  t.teardown(async () => {
    rmSync(folder, { recursive: true })
    await dropDatabase(database)
  })
  return {
    MONGODB_URI: mongodbUri,
    MONGODB_DATABASE: database,
    REDIS_URL: redisUrl,
    SIGNING_KEYS_FILE: keys,
    REFRESH_TOKEN_SECRET: 'a secret of these tests, long enough',
    SECOND_FACTOR_SECRET: 'another secret of these tests, long enough',
    LOG_LEVEL: 'silent',
    RATE_LIMIT_PER_MINUTE: '0',
    LOGIN_LIMIT_PER_MINUTE: '0',
  }
}

/** One more instance with these settings. It takes requests through `inject` and, once told to listen, by network. */
export async function startInstance(
  t: Test,
  environment: Record<string, string>,
  now?: () => Date,
): Promise<FastifyInstance> {
  const { app, readiness } = await buildApp(loadConfig(environment), now)
  t.teardown(() => app.close())
  await app.ready()
  await until('the service is ready', () => readiness.waitingFor().length === 0)
  return app
}

/** An instance with a database of its own, dropped when the test file ends. */
export async function startService(
  t: Test,
  settings: Record<string, string> = {},
  now?: () => Date,
): Promise<Service> {
  const environment = { ...newEnvironment(t), ...settings }
  const mongo = new MongoClient(environment.MONGODB_URI ?? '')
  t.teardown(() => mongo.close())
  return { app: await startInstance(t, environment, now), environment, mongo }
}
