import { randomBytes } from 'node:crypto'
import t from 'tap'
import { baseUrl, call, newPerson } from '../harness/client.ts'
import { chartArguments, currentInstallation, RELEASE, ROOT } from '../harness/cluster/installation.ts'
import { run } from '../harness/command.ts'
import { until } from '../harness/until.ts'

/** Passwords and keys change in a running system: what reads them restarts when it is told to, and nobody is signed out. */
const { namespace } = currentInstallation()
const tag = process.env.IMAGE_TAG as string

const text = (base64: string) => Buffer.from(base64, 'base64').toString()

async function secretOf(part: string): Promise<Record<string, string>> {
  const { data } = await namespace.get('secret', `${RELEASE}-${part}`)
  return Object.fromEntries(
    Object.entries(data as Record<string, string>).map(([key, value]) => [key, text(value)]),
  )
}

async function change(part: string, stringData: Record<string, string | null>): Promise<void> {
  await namespace.kubectl(
    ...[
      'patch',
      'secret',
      `${RELEASE}-${part}`,
      '--type',
      'merge',
      '--patch',
      JSON.stringify({ stringData }),
    ],
  )
}

const restartReaders = (revision: string, ...settings: string[]) =>
  namespace.helm(
    'upgrade',
    ...chartArguments(tag, '--set', [`global.secretsRevision=${revision}`, ...settings].join()),
  )

const pods = async () => (await namespace.allPods()).filter((pod) => !/-setup-|-test/.test(pod)).sort()
const serves = async () => (await fetch(`${baseUrl}/health`)).status === 200

t.test(
  'a new Redis password ends no pod by itself, and is the one in use after the readers were restarted',
  async (t) => {
    const before = await pods()
    const { password, url } = (await secretOf('redis')) as { password: string; url: string }
    const next = randomBytes(24).toString('hex')
    await change('redis', { password: next, url: url.replace(password, next) })
    const redis = `${RELEASE}-redis-0`
    const read = (file: string) => namespace.kubectl('exec', redis, '--', 'cat', file)
    await until(
      'the pod sees the new password',
      async () => (await read('/secret/password')) === next,
      180_000,
    )
    await t.resolves(namespace.kubectl('exec', redis, '--', 'sh', '/files/ping.sh'), 'its probe is content')
    t.strictSame(await pods(), before, 'the same pods run')
    t.ok(await serves())

    await restartReaders('redis')
    t.match(await read('/run/redis/redis.conf'), `requirepass "${next}"`)
    await t.resolves(namespace.helm('test', RELEASE), 'both services use it')
  },
)

t.test('a new password of a login is set by another set-up Job', async (t) => {
  const { password, uri } = (await secretOf('mongodb-tasks')) as { password: string; uri: string }
  const next = randomBytes(24).toString('hex')
  const person = await newPerson()
  await change('mongodb-tasks', { password: next, uri: uri.replace(password, next) })
  await restartReaders('mongodb', 'mongodb.auth.revision=second')
  await until(
    'task-service is let in with it',
    async () => (await call('/tasks', { token: person.token })).status === 200,
    120_000,
  )
  await t.resolves(namespace.helm('test', RELEASE), 'and with no other')
})

t.test('a signing key is added by one command: nothing restarts and nobody is signed out', async (t) => {
  const before = await pods()
  const person = await newPerson()
  const published = async () => (await call('/.well-known/jwks.json')).body.keys.length
  const keys = await published()
  await run(`${ROOT}helm/rotate-keys`, [namespace.name, `${RELEASE}-auth-service`])
  await until('every pod publishes one key more', async () => (await published()) === keys + 1, 180_000)
  t.equal((await call('/auth/me', { token: person.token })).status, 200)
  t.equal((await call('/tasks', { token: person.token })).status, 200)
  t.strictSame(await pods(), before, 'the same pods run')
  const held = (await secretOf('auth-service'))['signing-keys.json']
  await namespace.helm(
    'upgrade',
    ...chartArguments(tag, '--set', 'global.secretsRevision=mongodb,mongodb.auth.revision=second'),
  )
  t.equal((await secretOf('auth-service'))['signing-keys.json'], held, 'an upgrade keeps the keys')
})

/** Until then a pod of before, which drains, may still answer, and sign with the secret it has. */
const oldPodsAreGone = () =>
  until(
    'the pods of before are gone',
    async () =>
      (await namespace.pods('auth-service')).length === (await namespace.readyPods('auth-service')).length,
    120_000,
  )

t.test('the refresh-token secret is exchanged in three upgrades, and log-ins of before go on', async (t) => {
  const person = await newPerson()
  const old = (await secretOf('auth-service'))['refresh-token-secret'] as string
  const next = randomBytes(32).toString('hex')
  let token = person.refreshToken
  const refresh = async () => {
    const { status, body } = await call('/auth/refresh', { method: 'POST', json: { refresh_token: token } })
    if (status === 200) token = body.refresh_token
    return status
  }
  await change('auth-service', { 'refresh-token-secret-accepted': next })
  await restartReaders('refresh-1')
  await oldPodsAreGone()
  t.equal(await refresh(), 200, 'while both are accepted')
  await change('auth-service', { 'refresh-token-secret': next, 'refresh-token-secret-accepted': old })
  const before = token
  await restartReaders('refresh-2')
  await oldPodsAreGone()
  t.equal(await refresh(), 200, 'after the exchange, with a token of the old secret')
  t.not(token, before)
  await namespace.kubectl(
    ...['patch', 'secret', `${RELEASE}-auth-service`, '--type', 'json'],
    ...['--patch', '[{"op": "remove", "path": "/data/refresh-token-secret-accepted"}]'],
  )
  await restartReaders('refresh-3')
  await oldPodsAreGone()
  t.equal(await refresh(), 200, 'and with the new one alone')
  t.equal(
    (await call('/auth/refresh', { method: 'POST', json: { refresh_token: before } })).status,
    401,
    'a token of the old secret is worthless then',
  )
})

t.teardown(() => namespace.helm('upgrade', ...chartArguments(tag)))
