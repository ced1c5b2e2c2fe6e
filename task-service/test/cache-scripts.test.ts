import { randomBytes } from 'node:crypto'
import { Redis } from 'ioredis'
import t, { type Test } from 'tap'
import { ABANDON, CLAIM, CONFIRM, FILL, MARK, UNMARK } from '../src/cache/scripts.ts'
import { redisUrl } from './support/stores.ts'

/** Long, so that none ends while a test looks at it */
const MARK_LIFE_MS = 2_000_000
const VALUE_LIFE_MS = 3_000_000
const CLAIM_LIFE_MS = 1_000_000
/** Shorter than any life, so that a script that sets a life is told from one that keeps it */
const LEFT_MS = 600_000
const MAX_BYTES = 64
const [A, B, C] = ['aaaaaaaa01;', 'bbbbbbbb02;', 'cccccccc03;']
const VALUE = 'Vnew'

const redis = new Redis(redisUrl)
t.teardown(() => redis.quit())

interface Key {
  is: (value: string | null, message?: string) => Promise<void>
  /** Of the life that was given, not of the one before */
  lives: (milliseconds: number) => Promise<void>
  keptItsLife: () => Promise<void>
  mark: (token: string) => Promise<unknown>
  unmark: (token: string, value?: string) => Promise<unknown>
  abandon: (token: string) => Promise<unknown>
  claim: (claim: string) => Promise<unknown>
  fill: (claim: string, value: string) => Promise<unknown>
  confirm: () => Promise<unknown>
}

/** A key of its own, holding this for a while. */
async function key(t: Test, value?: string): Promise<Key> {
  const name = `test:${randomBytes(8).toString('hex')}`
  t.teardown(() => redis.del(name))
  if (value !== undefined) await redis.set(name, value, 'PX', LEFT_MS)
  return {
    is: async (expected, message = 'the value is as expected') => {
      t.equal(await redis.get(name), expected, message)
    },
    lives: async (milliseconds) => {
      const left = await redis.pttl(name)
      t.ok(left > LEFT_MS && left <= milliseconds, `${left} of ${milliseconds} ms left`)
    },
    keptItsLife: async () => {
      const left = await redis.pttl(name)
      t.ok(left > 0 && left <= LEFT_MS, `${left} of ${LEFT_MS} ms left`)
    },
    mark: (token) => redis.eval(MARK, 1, name, token, MARK_LIFE_MS, MAX_BYTES),
    unmark: (token, next = '') => redis.eval(UNMARK, 1, name, token, next, VALUE_LIFE_MS),
    abandon: (token) => redis.eval(ABANDON, 1, name, token, MARK_LIFE_MS),
    claim: (claim) => redis.eval(CLAIM, 1, name, claim, CLAIM_LIFE_MS),
    fill: (claim, next) => redis.eval(FILL, 1, name, claim, next, VALUE_LIFE_MS),
    confirm: () => redis.eval(CONFIRM, 1, name),
  }
}

for (const [what, before] of Object.entries({ nothing: undefined, 'a value': 'Vold', 'a fill': `L${C}` })) {
  t.test(`the first mark replaces ${what}, and the write is alone`, async (t) => {
    const { mark, is, lives } = await key(t, before)
    t.equal(await mark(A), 0)
    await is(`M0${A}`)
    await lives(MARK_LIFE_MS)
  })
}

t.test('a mark that meets another joins it, and both are tainted', async (t) => {
  const { mark, is, lives } = await key(t, `M0${A}`)
  t.equal(await mark(B), 1)
  await is(`M1${A}${B}`)
  await lives(MARK_LIFE_MS)
})

t.test('a mark that is tried again is the same mark', async (t) => {
  const alone = await key(t, `M0${A}`)
  t.equal(await alone.mark(A), 0)
  await alone.is(`M0${A}`)
  const joined = await key(t, `M1${A}${B}`)
  t.equal(await joined.mark(A), 1)
  t.equal(await joined.mark(B), 1)
  await joined.is(`M1${A}${B}`)
})

t.test('a mark that meets an abandoned one joins it', async (t) => {
  const { mark, is } = await key(t, 'M1*;')
  t.equal(await mark(A), 1)
  await is(`M1*;${A}`)
})

t.test('too many writes are refused before they are marked, a repeated mark is not', async (t) => {
  const full = `M1${A.repeat(6)}`
  const { mark, is } = await key(t, full)
  t.equal(await mark(B), -1)
  await is(full)
  t.equal(await mark(A), 1)
})

t.test('the last of writes that were alone puts the new list into the cache', async (t) => {
  const { unmark, is, lives } = await key(t, `M0${A}`)
  t.equal(await unmark(A, VALUE), 'stored')
  await is(VALUE)
  await lives(VALUE_LIFE_MS)
})

t.test('without a new list the key is dropped', async (t) => {
  const { unmark, is } = await key(t, `M0${A}`)
  t.equal(await unmark(A), 'dropped')
  await is(null)
})

t.test('the last of writes that overlapped stores nothing', async (t) => {
  const { unmark, is } = await key(t, `M1${A}`)
  t.equal(await unmark(A, VALUE), 'dropped')
  await is(null)
})

t.test('who is not the last leaves the mark to the others, tainted, with the life it has', async (t) => {
  for (const [token, left] of [
    [A, `M1${B}${C}`],
    [B, `M1${A}${C}`],
    [C, `M1${A}${B}`],
  ] as const) {
    const { unmark, is, keptItsLife } = await key(t, `M1${A}${B}${C}`)
    t.equal(await unmark(token, VALUE), 'waiting')
    await is(left)
    await keptItsLife()
  }
})

t.test('an abandoned mark is removed by nobody', async (t) => {
  const { unmark, is, keptItsLife } = await key(t, `M1*;${A}`)
  t.equal(await unmark(A, VALUE), 'waiting')
  await is('M1*;')
  await keptItsLife()
})

t.test("a write whose mark is gone taints those of others, since it was in nobody's sight", async (t) => {
  const { unmark, is, keptItsLife } = await key(t, `M0${B}`)
  t.equal(await unmark(A, VALUE), 'tainted')
  await is(`M1${B}`)
  await keptItsLife()
  t.equal(await unmark(B, VALUE), 'dropped')
  await is(null)
})

for (const [what, before] of Object.entries({ nothing: undefined, 'a value': 'Vold', 'a fill': `L${C}` })) {
  t.test(`a write that finds ${what} in place of its mark leaves nothing`, async (t) => {
    const { unmark, is } = await key(t, before)
    t.equal(await unmark(A, VALUE), 'dropped')
    await is(null)
  })
}

t.test('an unmark that is tried again drops what the first one stored, and does no harm', async (t) => {
  const { unmark, is } = await key(t, `M0${A}`)
  await unmark(A, VALUE)
  t.equal(await unmark(A, VALUE), 'dropped')
  await is(null)
})

for (const [what, before, after] of [
  ['nothing', undefined, 'M1*;'],
  ['a value', 'Vold', 'M1*;'],
  ['a fill', `L${C}`, 'M1*;'],
  ['its own mark', `M0${A}`, 'M1*;'],
  ['marks of others', `M0${B}`, `M1*;${B}`],
  ['its own mark among others', `M1${B}${A}${C}`, `M1*;${B}${C}`],
  ['an abandoned mark', 'M1*;', 'M1*;'],
  ['its own mark and an abandoned one', `M1*;${B}${A}`, `M1*;${B}`],
] as const) {
  t.test(`an abandoned write keeps readers away for a whole life where it finds ${what}`, async (t) => {
    const { abandon, is, lives } = await key(t, before)
    await abandon(A)
    await is(after)
    await lives(MARK_LIFE_MS)
    await abandon(A)
    await is(after, 'also when it is tried again')
  })
}

t.test('the first reader that finds nothing claims the right to fill', async (t) => {
  const { claim, is, lives } = await key(t)
  t.equal(await claim(`L${A}`), null)
  await is(`L${A}`)
  await lives(CLAIM_LIFE_MS)
})

for (const [what, before] of Object.entries({ 'a value': 'Vold', 'a claim': `L${C}`, 'a mark': `M0${B}` })) {
  t.test(`a claim that finds ${what} leaves it as it is, and answers it`, async (t) => {
    const { claim, is, keptItsLife } = await key(t, before)
    t.equal(await claim(`L${A}`), before)
    await is(before)
    await keptItsLife()
  })
}

t.test('of readers under one claim the first one fills, the others get what it stored', async (t) => {
  const { fill, is } = await key(t, `L${A}`)
  t.equal(await fill(`L${A}`, VALUE), 1)
  t.equal(await fill(`L${A}`, 'Vlate'), VALUE)
  await is(VALUE)
})

t.test('a fill counts while its claim is there', async (t) => {
  const { fill, is, lives } = await key(t, `L${A}`)
  t.equal(await fill(`L${A}`, VALUE), 1)
  await is(VALUE)
  await lives(VALUE_LIFE_MS)
})

/** What a read that is about to show what it found in MongoDB, and did not store it, does to the key. */
const unstored = [
  ['nothing', undefined, undefined, null],
  ['a value', 'Vold', 'Vold', 'Vold'],
  ['another claim', `L${B}`, null, null],
  ['a write alone', `M0${B}`, `M1${B}`, null],
  ['writes that have overlapped', `M1${B}${C}`, `M1${B}${C}`, null],
  ['an abandoned write', 'M1*;', 'M1*;', null],
] as const

for (const [what, before, after, answer] of unstored) {
  t.test(`a read that does not fill, where it finds ${what}, is followed by nothing older`, async (t) => {
    const { confirm, fill, is, keptItsLife } = await key(t, before)
    for (const attempt of [() => fill(`L${A}`, VALUE), () => confirm()]) {
      t.equal(await attempt(), answer, 'the value that is to be shown instead')
      await is(after ?? null)
      if (after) await keptItsLife()
    }
  })
}

t.test("a fill that has another's answer overtaken stores nothing", async (t) => {
  const { confirm, fill, is } = await key(t, `L${A}`)
  await confirm()
  t.equal(await fill(`L${A}`, VALUE), null)
  await is(null)
})

t.test("a write whose list another's answer has overtaken stores nothing", async (t) => {
  const { mark, confirm, unmark, is } = await key(t)
  await mark(A)
  await confirm()
  t.equal(await unmark(A, VALUE), 'dropped')
  await is(null)
})

t.test('a reader that was overtaken by a whole write stores nothing', async (t) => {
  const { mark, unmark, fill, is } = await key(t, `L${A}`)
  await mark(B)
  await unmark(B)
  t.equal(await fill(`L${A}`, 'Vstale'), null)
  await is(null)
})

t.test('bytes are stored as they are', async (t) => {
  const name = `test:${randomBytes(8).toString('hex')}`
  t.teardown(() => redis.del(name))
  const bytes = Buffer.concat([Buffer.from('V'), Buffer.from(Array.from({ length: 256 }, (_, n) => n))])
  await redis.set(name, `L${A}`)
  await redis.eval(FILL, 1, name, `L${A}`, bytes, VALUE_LIFE_MS)
  t.ok((await redis.getBuffer(name))?.equals(bytes))
  await redis.set(name, `M0${A}`)
  await redis.eval(UNMARK, 1, name, A, bytes, VALUE_LIFE_MS)
  t.ok((await redis.getBuffer(name))?.equals(bytes))
})
