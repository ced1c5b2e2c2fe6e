import { execFile } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { existsSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { call, loggedIn } from './support/client.ts'
import { newEnvironment, startInstance } from './support/service.ts'
import { until } from './support/until.ts'

const run = promisify(execFile)
const KEYS = new URL('../src/commands/keys.ts', import.meta.url).pathname

function kidOf(token: string): string {
  return JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()).kid
}

async function publishedKids(app: Parameters<typeof call>[0]): Promise<string[]> {
  const { body } = await call(app, 'GET', '/.well-known/jwks.json')
  return body.keys.map(({ kid }: { kid: string }) => kid)
}

t.test(
  'a new key is published at once, signs once it is known everywhere, and old tokens stay good',
  async (t) => {
    const environment: Record<string, string> = { ...newEnvironment(t), KEY_PROPAGATION_SECONDS: '2' }
    const file = environment.SIGNING_KEYS_FILE ?? ''
    const app = await startInstance(t, environment)
    const { tokens } = await loggedIn(app)
    const [first] = await publishedKids(app)
    t.equal(kidOf(tokens.access_token), first)
    await run(process.execPath, [KEYS, file])
    await until('the new key is published', async () => (await publishedKids(app)).length === 2)
    const second = (await publishedKids(app)).find((kid) => kid !== first)
    let current = tokens
    await until('the new key signs', async () => {
      const { body } = await call(app, 'POST', '/auth/refresh', { refresh_token: current.refresh_token })
      current = body
      return kidOf(body.access_token) === second
    })
    for (const { access_token } of [tokens, current]) {
      t.equal((await call(app, 'GET', '/auth/me', undefined, access_token)).status, 200)
    }
  },
)

t.test('a file that becomes unreadable leaves the keys in use', async (t) => {
  const environment = newEnvironment(t)
  const file = environment.SIGNING_KEYS_FILE ?? ''
  const app = await startInstance(t, environment)
  const { tokens } = await loggedIn(app)
  t.equal((await call(app, 'GET', '/auth/me', undefined, tokens.access_token)).status, 200)
  const good = readFileSync(file)
  writeFileSync(file, '{"keys": [')
  const other = join(dirname(file), 'other.json')
  await run(process.execPath, [KEYS, other])
  const before = await publishedKids(app)
  renameSync(other, file)
  await until('the other key is published', async () => (await publishedKids(app))[0] !== before[0])
  t.equal(
    (await call(app, 'GET', '/auth/me', undefined, tokens.access_token)).status,
    401,
    'a withdrawn key ends its tokens',
  )
  writeFileSync(file, good)
  await until('the first key is back', async () => (await publishedKids(app))[0] === before[0])
  t.equal((await call(app, 'GET', '/auth/me', undefined, tokens.access_token)).status, 200)
})

t.test('keys that change while the service starts are loaded', async (t) => {
  const environment = newEnvironment(t)
  const file = environment.SIGNING_KEYS_FILE ?? ''
  const other = join(dirname(file), 'other.json')
  await run(process.execPath, [KEYS, other])
  const starting = startInstance(t, environment)
  // The first reading is over by now, the watch has not begun.
  renameSync(other, file)
  const app = await starting
  const { keys } = JSON.parse(readFileSync(file, 'utf8'))
  await until('the new key is published', async () => (await publishedKids(app))[0] === keys[0].kid)
})

t.test('one PEM key of EC P-256 does, too', async (t) => {
  const environment = newEnvironment(t)
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  writeFileSync(environment.SIGNING_KEYS_FILE ?? '', privateKey.export({ type: 'sec1', format: 'pem' }))
  const app = await startInstance(t, environment)
  const { tokens } = await loggedIn(app)
  t.equal((await call(app, 'GET', '/auth/me', undefined, tokens.access_token)).status, 200)
})

for (const [what, content] of Object.entries({
  'that is empty': '',
  'without keys': '{"keys": []}',
  'with a public key': '{"keys": [{"kty":"EC","crv":"P-256","x":"x","y":"y"}]}',
  'with an RSA key': generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({
    type: 'pkcs8',
    format: 'pem',
  }),
  'with another curve': generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey.export({
    type: 'pkcs8',
    format: 'pem',
  }),
})) {
  t.test(`a key file ${what} is refused at start, by name`, async (t) => {
    const environment = newEnvironment(t)
    writeFileSync(environment.SIGNING_KEYS_FILE ?? '', content)
    await t.rejects(startInstance(t, environment), { message: /^SIGNING_KEYS_FILE .*keys\.json: / })
  })
}

t.test('the command makes a file that only its owner may read, and adds to it in one step', async (t) => {
  const file = join(t.testdir(), 'new.json')
  const made = await run(process.execPath, [KEYS, file])
  t.match(made.stdout, /^made .*new\.json: [\w-]{43}\n$/)
  t.equal(statSync(file).mode & 0o777, 0o600)
  const [first] = JSON.parse(readFileSync(file, 'utf8')).keys
  const rotated = await run(process.execPath, [KEYS, file])
  t.match(rotated.stdout, /^rotated /)
  t.equal(statSync(file).mode & 0o777, 0o600)
  const { keys } = JSON.parse(readFileSync(file, 'utf8'))
  t.equal(keys.length, 2)
  t.strictSame(keys[1], first)
})

t.test('the command leaves a file alone that it does not understand', async (t) => {
  const file = join(t.testdir({ 'x.json': 'something else' }), 'x.json')
  await t.rejects(run(process.execPath, [KEYS, file]), { code: 1, stderr: /x\.json: / })
  t.equal(readFileSync(file, 'utf8'), 'something else')
  await t.rejects(run(process.execPath, [KEYS]), { code: 2, stderr: /^usage: / })
  t.notOk(existsSync(`${file}.next`))
})
