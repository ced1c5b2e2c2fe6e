import t from 'tap'
import { until } from '../../test/support/until.ts'
import type { Message } from './message.ts'
import { type MailOutcome, Outbox } from './outbox.ts'

const message = (to: string): Message => ({ to, subject: 'Hello', text: 'https://link.example/#secret' })

/** An outbox whose server can be away, and whose time a test lets pass. */
function scene() {
  const sent: string[] = []
  const outcomes: MailOutcome[] = []
  const lines: string[] = []
  const timers: { ms: number; callback: () => void }[] = []
  let failure: Error | undefined
  let hold: Promise<void> = Promise.resolve()
  let isClosed = false
  const outbox = new Outbox({
    sender: {
      send: async ({ to }) => {
        await hold
        if (failure) throw failure
        sent.push(to)
      },
      close: () => {
        isClosed = true
      },
    },
    count: (outcome) => void outcomes.push(outcome),
    log: { warn: (details, text) => void lines.push(`${text} ${JSON.stringify(details)}`) },
    later: (ms, callback) => {
      const timer = { ms, callback }
      timers.push(timer)
      return () => void timers.splice(timers.indexOf(timer), 1)
    },
  })
  return {
    outbox,
    sent,
    outcomes,
    lines,
    timers,
    fail: (error: Error | undefined) => (failure = error),
    holdUntil: (promise: Promise<void>) => (hold = promise),
    isClosed: () => isClosed,
    pass: () => timers.shift()?.callback(),
  }
}

t.test('a message that fails is tried four times more, later and later, then given up', async (t) => {
  const { outbox, outcomes, lines, timers, fail, pass } = scene()
  fail(new Error('https://link.example/#secret is not liked'))
  outbox.post('password_reset', () => message('a@example.org'))
  const pauses: number[] = []
  for (let attempt = 1; attempt <= 4; attempt++) {
    await until('it failed', () => timers.length === 1)
    pauses.push(timers[0]?.ms ?? 0)
    pass()
  }
  await until('it is given up', () => outcomes.length === 1)
  t.strictSame(pauses, [1_000, 5_000, 30_000, 120_000])
  t.strictSame(outcomes, ['failed'])
  t.equal(outbox.held, 0)
  t.match(lines[0], /password_reset/)
  t.notMatch(lines.join(), /secret|a@example/)
})

t.test('a message is composed once, however often it is tried', async (t) => {
  const { outbox, sent, timers, fail, pass } = scene()
  let composed = 0
  fail(new Error('away'))
  outbox.post('x', async () => {
    composed++
    return message('a@example.org')
  })
  await until('it failed', () => timers.length === 1)
  fail(undefined)
  pass()
  await until('it was sent', () => sent.length === 1)
  t.equal(composed, 1)
})

t.test('one that the server refuses for good is not tried again; a refused log-in is', async (t) => {
  const { outbox, outcomes, timers, fail } = scene()
  fail(Object.assign(new Error(), { code: 'EENVELOPE', responseCode: 550, permanent: true }))
  outbox.post('x', () => message('a@example.org'))
  await until('it is given up', () => outcomes.length === 1)
  t.equal(timers.length, 0)
  fail(Object.assign(new Error(), { code: 'EAUTH', responseCode: 535, permanent: true }))
  outbox.post('x', () => message('a@example.org'))
  await until('it waits', () => timers.length === 1)
})

t.test('what there is no room for is dropped, counted and said without the message', async (t) => {
  const { outbox, outcomes, lines, holdUntil, sent } = scene()
  const { promise, resolve } = Promise.withResolvers<void>()
  holdUntil(promise)
  for (let i = 0; i < 1_001; i++) outbox.post('password_reset', () => message('a@example.org'))
  t.strictSame(outcomes, ['dropped'])
  t.match(lines, [/password_reset.*no room/])
  resolve()
  await until('the others are sent', () => sent.length === 1_000)
})

t.test('nothing to say is no message', async (t) => {
  const { outbox, outcomes } = scene()
  outbox.post('x', async () => undefined)
  await until('it is done', () => outbox.held === 0)
  t.strictSame(outcomes, [])
})

t.test('at its end what is under way leaves, and what waits for another attempt does not', async (t) => {
  const { outbox, sent, outcomes, timers, fail, holdUntil, isClosed } = scene()
  fail(new Error('away'))
  outbox.post('x', () => message('late@example.org'))
  await until('it waits', () => timers.length === 1)
  fail(undefined)
  const { promise, resolve } = Promise.withResolvers<void>()
  holdUntil(promise)
  outbox.post('x', () => message('a@example.org'))
  const stopped = outbox.stop()
  t.notOk(isClosed())
  resolve()
  await stopped
  t.strictSame(sent, ['a@example.org'])
  t.strictSame(outcomes, ['dropped', 'sent'])
  t.ok(isClosed())
  outbox.post('x', () => message('b@example.org'))
  t.same(outcomes.at(-1), 'dropped')
})

t.test('its end does not wait for a server that is silent', async (t) => {
  const { outbox, outcomes, timers, holdUntil, isClosed } = scene()
  holdUntil(new Promise(() => {}))
  for (let i = 0; i < 3; i++) outbox.post('x', () => message('a@example.org'))
  const stopped = outbox.stop()
  t.equal(timers[0]?.ms, 5_000)
  timers[0]?.callback()
  await stopped
  t.ok(isClosed())
  t.strictSame(outcomes, ['dropped'], 'what had not been begun')
})
