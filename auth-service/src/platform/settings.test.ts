import t from 'tap'
import { type Config, Environment, loadConfig } from '../config.ts'

/** Stands in every value that must not be shown. */
const SECRET = 's3cret'
const REQUIRED = { SIGNING_KEYS_FILE: 'keys.json', REFRESH_TOKEN_SECRET: 'x'.repeat(32) }

/** Values that can never work, for both services; a service skips the variables that it does not have. */
const BAD: Record<string, string[]> = {
  HOST: ['a b', 'http://s3cret', '-s3cret.', '1.2.3.4:80/s3cret'],
  PORT: ['s3cret', '65536', '-1', '80.5'],
  INTERNAL_PORT: ['s3cret'],
  LOG_LEVEL: ['s3cret'],
  MAX_IN_FLIGHT: ['s3cret', '-1'],
  DRAIN_DELAY_MS: ['s3cret', '300001'],
  MONGODB_URI: [
    'http://s3cret',
    'mongodb://',
    'mongodb://u:s3cret@',
    'mongodb://u:s3cret/x@host',
    'mongodb://u:s3cret@x@host',
    'mongodb://u:p@s3cret/x@host',
    'mongodb://u:s3cret%zz@host',
    'mongodb://u:s3cret@host:99999',
    'mongodb://u:s3cret@host,',
    'mongodb://u:s3cret@a b',
    'mongodb://u:s3cret@host/?noSuchOption=1',
    'mongodb://u:s3cret@host/a.b',
    'mongodb://u:s3cret@host,other/?directConnection=true',
  ],
  MONGODB_DATABASE: [
    'a/s3cret',
    'a.s3cret',
    'a s3cret',
    '$s3cret',
    `s3cret${'x'.repeat(60)}`,
    'é'.repeat(40),
  ],
  MONGODB_POOL_SIZE: ['s3cret', '0'],
  REDIS_URL: [
    'http://:s3cret@host',
    'redis://',
    'redis://:s3cret/pw@host',
    'redis://:s3cret%@host',
    'redis://:s3cret@host:99999',
    'redis://:s3cret@host/name',
    'redis://:s3cret#@host',
    's3cret',
  ],
  CORS_ORIGINS: [
    '*',
    'null',
    'https://a/',
    'https://a/s3cret',
    'https://u:s3cret@a',
    'https://A',
    'https://a:443',
    'ftp://a',
    's3cret',
    'http://b,https://*.s3cret',
    'loopback,loopback2',
  ],
  TRUST_PROXY: ['s3cret', '10.0.0.0/33', '10.0.0', 'loopback,s3cret', 'true', '1'],
  JWKS_URL: ['http://', 's3cret', 'file:///s3cret', 'http://u:s3cret@host/', 'http://host/#s3cret'],
  REVOCATIONS_URL: ['http://', 's3cret', 'http://u:s3cret@host/'],
  TASK_SERVICE_INTERNAL_URL: ['http://', 'https:///', 's3cret', 'http://u:s3cret@host/', 'http://a b'],
  REFRESH_TOKEN_SECRET: ['s3cret'],
  ADMIN_EMAIL: ['s3cret', 'a@', 'a@-s3cret.example', '<s3cret@example.com>'],
}

/** Values that look unusual and work, and what they mean. */
const GOOD: Record<string, [text: string, meaning: unknown][]> = {
  HOST: [
    ['::', '::'],
    ['localhost', 'localhost'],
  ],
  MONGODB_URI: [
    'mongodb://u:s3cret%2Fpw@a:1,[::1]:2,%2Ftmp%2Fm.sock/admin?replicaSet=rs0&tls=true',
    'mongodb+srv://u:p@cluster.example.com/?retryWrites=true',
  ].map((text) => [text, text]),
  REDIS_URL: ['redis://:p%2Fw@host:1/3', 'rediss://u:p@[::1]', 'redis://redis-master'].map((text) => [
    text,
    text,
  ]),
  CORS_ORIGINS: [
    ['', []],
    [' http://a, https://b:8443 ,', ['http://a', 'https://b:8443']],
    ['loopback', ['loopback']],
  ],
  TRUST_PROXY: [[' 10.0.0.0/8 , ::1,uniquelocal', ['10.0.0.0/8', '::1', 'uniquelocal']]],
  JWKS_URL: [['https://[::1]:8001/x?y=z', 'https://[::1]:8001/x?y=z']],
}

function messageOf(environment: NodeJS.ProcessEnv): string {
  try {
    loadConfig(environment)
  } catch (error) {
    return (error as Error).message
  }
  return ''
}

/** The variables of this table that the service has. */
function own<T>(table: Record<string, T>): [string, T][] {
  return Object.entries(table).filter(([name]) => name in Environment.properties)
}

for (const [name, values] of own(BAD)) {
  t.test(`${name} that can never work is named at the start, without its value`, async (t) => {
    for (const value of values) {
      const message = messageOf({ ...REQUIRED, [name]: value })
      t.match(message, new RegExp(`^The settings cannot be used: ${name} [^;\\n]+$`), value)
      t.notMatch(message, SECRET)
    }
  })
}

for (const [name, values] of own(GOOD)) {
  t.test(`${name} is read into what it means`, async (t) => {
    for (const [text, meaning] of values) {
      t.strictSame(loadConfig({ ...REQUIRED, [name]: text })[name as keyof Config], meaning, text)
    }
  })
}

t.test('every variable that is wrong is named at once, in one line', async (t) => {
  const bad = Object.fromEntries(own(BAD).map(([name, [value]]) => [name, value]))
  const message = messageOf({ ...REQUIRED, ...bad })
  for (const [name] of own(BAD)) t.match(message, `${name} `)
  t.notMatch(message, /\n|s3cret/)
})

t.test('a variable that is set to nothing counts as not set', async (t) => {
  const empty = Object.fromEntries(Object.keys(Environment.properties).map((name) => [name, '']))
  t.strictSame(loadConfig({ ...empty, ...REQUIRED }), loadConfig(REQUIRED))
})
