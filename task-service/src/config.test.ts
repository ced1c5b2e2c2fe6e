import t from 'tap'
import { loadConfig } from './config.ts'

t.test('an empty environment is a service for one machine', async (t) => {
  const config = loadConfig({})
  t.match(config, { HOST: '127.0.0.1', PORT: 8002, INTERNAL_PORT: 9102, MONGODB_DATABASE: 'tasks' })
  t.match(config, { RATE_LIMIT_PER_MINUTE: 200, CORS_ORIGINS: [], TRUST_PROXY: ['loopback'] })
  t.ok(Object.isFrozen(config))
})

t.test('an empty setting has its default', async (t) => {
  const config = loadConfig({ HOST: '', RATE_LIMIT_PER_MINUTE: '', JWKS_URL: '' })
  t.match(config, { HOST: '127.0.0.1', RATE_LIMIT_PER_MINUTE: 200, JWKS_URL: /^http/ })
})

t.test('settings arrive with their types, and what is none of them is left out', async (t) => {
  const config = loadConfig({ PORT: '0', CACHE_WRITE_THROUGH: 'false', MAX_IN_FLIGHT: '7', HOME: '/' })
  t.match(config, { PORT: 0, CACHE_WRITE_THROUGH: false, MAX_IN_FLIGHT: 7 })
  t.notOk('HOME' in config)
})

const bad: Record<string, string> = {
  PORT: 'x',
  INTERNAL_PORT: '65536',
  LOG_LEVEL: 'loud',
  MONGODB_URI: 'http://user:secret@example.com',
  MONGODB_DATABASE: 'd'.repeat(64),
  MONGODB_POOL_SIZE: '0',
  REDIS_URL: 'secret',
  JWKS_URL: 'file:///secret',
  REVOCATIONS_URL: 'x',
  RATE_LIMIT_PER_MINUTE: '-1',
  MAX_IN_FLIGHT: '1.5',
  CACHE_WRITE_THROUGH: 'maybe',
  DRAIN_DELAY_MS: '300001',
  SHUTDOWN_TIMEOUT_MS: '-1',
}

t.test('every bad setting is named at once, without its value', async (t) => {
  t.throws(() => loadConfig(bad))
  try {
    loadConfig(bad)
  } catch (error) {
    const { message } = error as Error
    for (const name of Object.keys(bad)) t.match(message, new RegExp(`\\b${name}\\b`), name)
    t.notMatch(message, /secret/)
  }
})

for (const [name, value] of Object.entries(bad)) {
  t.test(`${name} may not be “${value.slice(0, 12)}”`, async (t) => {
    t.throws(() => loadConfig({ [name]: value }), { message: new RegExp(`\\b${name}\\b`) })
  })
}
