import { randomInt } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import { newAddress, newEmail, register } from './support/client.ts'
import { newGate } from './support/network.ts'
import { PASSWORD, startInstance, startService } from './support/service.ts'
import { redisUrl } from './support/stores.ts'
import { undisturbed } from './support/undisturbed.ts'
import { until } from './support/until.ts'

const LIMITED = { LOGIN_LIMIT_PER_MINUTE: '15' }
const service = await startService(t, LIMITED)
const second = await startInstance(t, service.environment)
const gate = await newGate(t, redisUrl)
const cutOff = await startInstance(t, { ...service.environment, REDIS_URL: `redis://127.0.0.1:${gate.port}` })
await gate.close()

async function attempt(app: FastifyInstance, email: string, password: string, remoteAddress: string) {
  const response = await app.inject({
    method: 'POST',
    url: '/auth/login',
    payload: { email, password },
    remoteAddress,
  })
  return { status: response.statusCode, headers: response.headers, body: response.json() }
}

function statuses(answers: { status: number }[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { status } of answers) counts[status] = (counts[status] ?? 0) + 1
  return counts
}

/** How many were not even looked at. */
function throttled(answers: { status: number }[]): number {
  return statuses(answers)[429] ?? 0
}

/** Wrong passwords at once. @returns also how long that took: waits may have ended meanwhile */
async function wrong(times: number, email: string, address: () => string, apps: FastifyInstance[]) {
  const started = performance.now()
  const answers = await Promise.all(
    Array.from({ length: times }, (_, i) =>
      attempt(apps[i % apps.length] ?? service.app, email, 'wrong', address()),
    ),
  )
  return { answers, seconds: (performance.now() - started) / 1000 }
}

/** Of fourteen at once, five are free; what was due after that, by waits of 1 s, 2 s, 4 s …, may go on; so may as many as came to nothing. */
function fiveAreFree(t: Test, { answers, seconds }: Awaited<ReturnType<typeof wrong>>): void {
  const refused = throttled(answers)
  const due = Math.floor(Math.log2(1 + seconds))
  const cameToNothing = statuses(answers)[503] ?? 0
  t.ok(
    refused <= 9 && refused >= 9 - due - cameToNothing,
    `${refused} of 14 in ${seconds.toFixed(1)} s, ${JSON.stringify(statuses(answers))}`,
  )
}

/**
 * Guesses from everywhere until one has to wait, and then tries the right password from a new address.
 * @returns the answer that came before that wait was over
 */
async function tryWhileSlowed(email: string, apps: FastifyInstance[], newcomer: () => string) {
  const [app = service.app] = apps
  let answer: Awaited<ReturnType<typeof attempt>> | undefined
  await until('somebody tries within the wait', async () => {
    const { status, headers } = await attempt(app, email, 'wrong', newAddress())
    const refusedAt = performance.now()
    const waitMs = Number(headers['retry-after']) * 1000
    if (status !== 429 || waitMs < 3_000) {
      await wrong(60, email, newAddress, apps)
      return false
    }
    answer = await attempt(app, email, PASSWORD, newcomer())
    // The wait is told in whole seconds, rounded up.
    return answer.status === 429 || performance.now() - refusedAt < waitMs - 1_000
  })
  return answer
}

for (const [where, apps] of Object.entries({
  'over two instances': [service.app, second],
  'by one instance with Redis away': [cutOff],
})) {
  const [app = service.app] = apps

  undisturbed(`fifteen log-ins a minute from one address, counted ${where}`, async (t) => {
    const address = newAddress()
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, i) =>
        attempt(apps[i % apps.length] ?? app, newEmail(), 'wrong', address),
      ),
    )
    t.equal(throttled(answers), 25)
    const refused = answers.find(({ status }) => status === 429)
    t.match(refused?.body, {
      code: 'too_many_attempts',
      detail: /^Too many log-in attempts. Please wait \d+ seconds\.$/,
    })
    const wait = Number(refused?.headers['retry-after'])
    t.ok(wait > 0 && wait <= 60)
    t.match(refused?.headers, {
      'ratelimit-limit': '15',
      'ratelimit-remaining': '0',
      'ratelimit-reset': `${wait}`,
    })
    const { email } = await register(app)
    t.equal(
      (await attempt(app, email, PASSWORD, newAddress())).status,
      200,
      'other addresses are not concerned',
    )
  })

  undisturbed(`five wrong passwords at once and then a wait, counted ${where}`, async (t) => {
    const { email } = await register(app)
    const address = newAddress()
    fiveAreFree(t, await wrong(14, email, () => address, apps))
    const right = await attempt(app, email, PASSWORD, newAddress())
    t.equal(right.status, 200, 'the owner elsewhere is not concerned')
  })

  undisturbed(`an address without an account is treated alike, counted ${where}`, async (t) => {
    const address = newAddress()
    const email = newEmail()
    fiveAreFree(t, await wrong(14, email, () => address, apps))
  })

  undisturbed(`success forgets the failures before, counted ${where}`, async (t) => {
    const { email } = await register(app)
    const address = newAddress()
    for (let round = 0; round < 2; round++) {
      t.equal(throttled((await wrong(4, email, () => address, apps)).answers), 0)
      t.equal((await attempt(app, email, PASSWORD, address)).status, 200)
    }
  })

  undisturbed(
    `many guessing from everywhere are slowed, the owner at home is not, counted ${where}`,
    async (t) => {
      const { email } = await register(app)
      const home = newAddress()
      t.equal((await attempt(app, email, PASSWORD, home)).status, 200)
      const { answers } = await wrong(60, email, newAddress, apps)
      t.ok(throttled(answers) >= 30 - (statuses(answers)[503] ?? 0), JSON.stringify(statuses(answers)))
      const refused = await tryWhileSlowed(email, apps, newAddress)
      t.equal(refused?.status, 429, 'from a new address one waits')
      t.equal((await attempt(app, email, PASSWORD, home)).status, 200)
    },
  )
}

undisturbed('an owner is at home in the whole network of an IPv6 address', async (t) => {
  const { app } = service
  const { email } = await register(app)
  const network = `2001:db8:${randomInt(65_536).toString(16)}:${randomInt(65_536).toString(16)}`
  t.equal((await attempt(app, email, PASSWORD, `${network}::1`)).status, 200)
  const refused = await tryWhileSlowed(email, [app], () => '2001:db8::1')
  t.equal(refused?.status, 429)
  t.equal(refused?.headers['cache-control'], 'no-store')
  t.equal((await attempt(app, email, PASSWORD, `${network}:a:b:c:d`)).status, 200)
})

t.test(
  'an attempt that has to wait says so by the limit that refuses it, beside the general one',
  async (t) => {
    const both = await startInstance(t, { ...service.environment, RATE_LIMIT_PER_MINUTE: '200' })
    let refused: Awaited<ReturnType<typeof attempt>>[] = []
    // Where hashes are slow, waits end meanwhile, and nobody is refused.
    await until('one has to wait', async () => {
      const { email } = await register(both)
      const address = newAddress()
      const { answers } = await wrong(9, email, () => address, [both])
      refused = answers.filter(({ status }) => status === 429)
      return refused.length > 0
    })
    for (const { headers } of refused) {
      const reset = String(headers['retry-after'])
      t.match(headers, { 'ratelimit-limit': '5', 'ratelimit-remaining': '0', 'ratelimit-reset': reset })
    }
  },
)

undisturbed('a log-in says how many are left for its address', async (t) => {
  const { email } = await register(service.app)
  const { headers } = await attempt(service.app, email, PASSWORD, newAddress())
  t.match(headers, { 'ratelimit-limit': '15', 'ratelimit-remaining': '14', 'ratelimit-reset': '60' })
})

t.test('zero means no limit', async (t) => {
  const free = await startInstance(t, { ...service.environment, LOGIN_LIMIT_PER_MINUTE: '0' })
  const address = newAddress()
  t.equal(throttled((await wrong(30, newEmail(), () => address, [free])).answers), 0)
})
