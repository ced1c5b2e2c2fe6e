import { pino } from 'pino'
import t from 'tap'
import { TooManyAttempts } from '../errors.ts'
import { AttemptMemory } from './attempt-memory.ts'
import type { AttemptStore } from './attempt-store.ts'
import { Attempts } from './attempts.ts'

const EMAIL = 'owner@example.org'
const HOME = '192.0.2.1'
const showLimit = () => {}
const away = async () => false
const atHome = async () => true

/** Limits on a clock that a test moves; the shared store can fail. */
function scene() {
  let now = 0
  let failure: Error | undefined
  const lines: string[] = []
  const memory = new AttemptMemory(() => now)
  const shared = new Proxy(memory, {
    get: (store, name: keyof AttemptStore) =>
      failure ? () => Promise.reject(failure) : store[name].bind(store),
  })
  const attempts = new Attempts({
    shared,
    local: new AttemptMemory(() => now),
    limitPerMinute: 15,
    mailsPerHour: 5,
    log: pino({}, { write: (line: string) => void lines.push(line) }),
  })
  let strangers = 0
  return {
    attempts,
    lines,
    pass: (ms: number) => (now += ms),
    fail: (error: Error | undefined) => (failure = error),
    /** A wrong password from an address of its own. */
    stranger: () => {
      strangers++
      const address = `10.1.${strangers >> 8}.${strangers & 255}`
      return attempts.begin({ email: EMAIL, address, isFamiliar: away, showLimit }).catch(() => undefined)
    },
    /** @returns the wait in seconds that was asked for, or 0 */
    wait: (isFamiliar: () => Promise<boolean>, address = HOME) =>
      attempts.begin({ email: EMAIL, address, isFamiliar, showLimit }).then(
        () => 0,
        (error) => {
          if (error instanceof TooManyAttempts) return (error as unknown as { retryAfter: number }).retryAfter
          throw error
        },
      ),
  }
}

t.test('strangers slow an owner in a new network down to a minute, however often both try', async (t) => {
  const { pass, stranger, wait } = scene()
  let longest = 0
  for (let round = 0; round < 20; round++) {
    for (let n = 0; n < 30; n++) await stranger()
    const seconds = await wait(away)
    longest = Math.max(longest, seconds)
    pass(seconds * 1000)
    await stranger()
  }
  t.ok(longest > 30 && longest <= 60, `${longest} s`)
})

t.test('an attempt is taken back when nobody can say whether its network is known', async (t) => {
  const { stranger, wait } = scene()
  for (let n = 0; n < 30; n++) await stranger()
  for (let n = 0; n < 10; n++) {
    const unknown = wait(async () => {
      throw new Error('the database is away')
    })
    await t.rejects(unknown, /the database is away/)
  }
  t.equal(await wait(atHome), 0, 'the sender has no failures')
})

t.test('what a known network takes back was not counted for the account', async (t) => {
  const { attempts, stranger, wait } = scene()
  for (let n = 0; n < 22; n++) await stranger()
  const before = await wait(away, '192.0.2.9')
  for (let n = 0; n < 12; n++) {
    const { undo } = await attempts.begin({ email: EMAIL, address: HOME, isFamiliar: atHome, showLimit })
    await undo()
  }
  t.ok(before > 0)
  t.equal(await wait(away, '192.0.2.9'), before, 'the strangers wait as long as before')
})

t.test(
  'why the attempts of one instance are counted alone is logged once, and that it is over',
  async (t) => {
    const { fail, lines, wait } = scene()
    fail(new Error('READONLY'))
    await wait(atHome)
    await wait(atHome)
    t.equal(lines.length, 1)
    t.match(lines[0], 'READONLY')
    fail(undefined)
    await wait(atHome)
    t.equal(lines.length, 2)
    t.match(lines[1], 'together again')
  },
)
