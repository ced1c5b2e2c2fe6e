import { randomBytes } from 'node:crypto'
import { Redis } from 'ioredis'
import t from 'tap'
import {
  abandon,
  claim,
  claimOf,
  confirm,
  type Done,
  EMPTY,
  type Entry,
  fill,
  mark,
  unmark,
} from '../model/entries.ts'
import { ABANDON, CLAIM, CONFIRM, FILL, MARK, UNMARK } from '../src/cache/scripts.ts'
import { redisUrl } from './support/stores.ts'

/**
 * Model and code are one thing: every entry that the steps of model/entries.ts can reach, in every order of tokens, and
 * every script with every token; Redis has to do what the model does.
 */
const WRITERS = [0, 1, 2]
const TOKENS = [1, 2, 3]
const VERSIONS = [1, 2]
const LIVES = { mark: 10_000, claim: 4_000, value: 60_000 }
/** Shorter than any life, so that a script that sets a life is told from one that keeps it */
const LEFT_MS = 3_000
const MAX_MARK_BYTES = 1_000
const ABANDONED = '*;'

const redis = new Redis(redisUrl)
t.teardown(() => redis.quit())

interface Script {
  name: string
  model: (entry: Entry) => Done<unknown>
  lua: string
  args: (string | number)[]
  /** What the model answers, as Redis says it */
  reply: (answer: never) => unknown
}

const writerToken = (writer: number) => `writer${writer};`
const claimText = (token: number) => `Lreader${token};`
const valueText = (version: number) => `Vlist ${version}`
const valueOrNull = (version: number | undefined) => (version === undefined ? null : valueText(version))

const scripts: Script[] = [
  ...TOKENS.map((token) => ({
    name: `CLAIM by reader ${token}`,
    model: (entry: Entry) => claim(entry, token),
    lua: CLAIM,
    args: [claimText(token), LIVES.claim],
    reply: (answer: 'claimed' | Entry) => (answer === 'claimed' ? null : 'as it was'),
  })),
  ...TOKENS.flatMap((token) =>
    VERSIONS.map((version) => ({
      name: `FILL by reader ${token} with v${version}`,
      model: (entry: Entry) => fill(entry, token, version),
      lua: FILL,
      args: [claimText(token), valueText(version), LIVES.value],
      reply: (answer: 'stored' | number | undefined) => (answer === 'stored' ? 1 : valueOrNull(answer)),
    })),
  ),
  { name: 'CONFIRM', model: confirm, lua: CONFIRM, args: [], reply: valueOrNull },
  ...WRITERS.flatMap((writer) => [
    {
      name: `MARK by writer ${writer}`,
      model: (entry: Entry) => mark(entry, writer),
      lua: MARK,
      args: [writerToken(writer), LIVES.mark, MAX_MARK_BYTES],
      reply: (answer: 'alone' | 'joined') => (answer === 'alone' ? 0 : 1),
    },
    {
      name: `ABANDON by writer ${writer}`,
      model: (entry: Entry) => abandon(entry, writer),
      lua: ABANDON,
      args: [writerToken(writer), LIVES.mark],
      reply: () => null,
    },
    ...[undefined, ...VERSIONS].map((version) => ({
      name: `UNMARK by writer ${writer} with ${version === undefined ? 'nothing' : `v${version}`}`,
      model: (entry: Entry) => unmark(entry, writer, version),
      lua: UNMARK,
      args: [writerToken(writer), valueOrNull(version) ?? '', LIVES.value],
      reply: (answer: string) => answer,
    })),
  ]),
]

/** Everything that can be reached from nothing by the model's steps. */
function reachable(): Entry[] {
  const found = new Map([[JSON.stringify(EMPTY), EMPTY as Entry]])
  for (const entry of found.values()) {
    for (const { model } of scripts) {
      const next = model(entry).entry
      const key = JSON.stringify(next)
      if (!found.has(key)) found.set(key, next)
    }
  }
  return [...found.values()]
}

function orders(tokens: string[]): string[] {
  if (tokens.length === 0) return ['']
  return tokens.flatMap((token, i) => orders(tokens.toSpliced(i, 1)).map((rest) => token + rest))
}

/** All strings that stand for an entry: tokens of a mark may have come in any order. */
function textsOf(entry: Entry): (string | null)[] {
  if (entry.kind === 'empty') return [null]
  if (entry.kind === 'value') return [valueText(entry.version)]
  if (entry.kind === 'claim') return [claimText(entry.token)]
  const writers = WRITERS.filter((writer) => (entry.writers & (1 << writer)) !== 0).map(writerToken)
  return orders(entry.abandoned ? [ABANDONED, ...writers] : writers).map(
    (tokens) => `M${entry.tainted ? 1 : 0}${tokens}`,
  )
}

async function carryOut(text: string | null, { lua, args }: Script) {
  const key = `test:${randomBytes(8).toString('hex')}`
  const steps = redis.multi()
  if (text !== null) steps.set(key, text, 'PX', LEFT_MS)
  const done = await steps
    .eval(lua, 1, key, ...args)
    .get(key)
    .pttl(key)
    .del(key)
    .exec()
  const [reply, after, life] = (done ?? []).slice(text === null ? 0 : 1).map(([error, value]) => {
    if (error) throw error
    return value
  })
  return { reply, after: after as string | null, life: life as number }
}

function isLifeAsSaid(life: number, { entry, life: said }: Done<unknown>): boolean {
  if (entry.kind === 'empty') return life === -2
  return said === 'kept' ? life > 0 && life <= LEFT_MS : life > LEFT_MS && life <= LIVES[entry.kind]
}

const entries = reachable()
t.test('the model reaches values, claims and marks of every kind', async (t) => {
  t.equal(entries.filter(({ kind }) => kind === 'value').length, VERSIONS.length)
  t.equal(entries.filter(({ kind }) => kind === 'claim').length, TOKENS.length)
  const marks = entries.filter(({ kind }) => kind === 'mark')
  t.equal(marks.length, 3 + 7 + 8, 'alone; tainted, of any writers; abandoned, beside any writers')
  t.ok(entries.includes(EMPTY))
})

for (const script of scripts) {
  t.test(`${script.name} does in Redis what it does in the model, whatever is there`, async (t) => {
    for (const entry of entries) {
      const said = script.model(entry)
      const answer = script.reply(said.answer as never)
      for (const text of textsOf(entry)) {
        const { reply, after, life } = await carryOut(text, script)
        const what = `${text} → ${after}, answers ${reply}, lives ${life} ms; the model: ${JSON.stringify(said)}`
        const isSame =
          textsOf(said.entry).includes(after) &&
          reply === (answer === 'as it was' ? text : answer) &&
          isLifeAsSaid(life, said)
        if (!isSame) t.fail(what)
      }
    }
    t.pass(`${entries.length} entries`)
  })
}

t.test('a value in the form of another release is never shown, and gone after the first read', async (t) => {
  for (const script of scripts) {
    const { reply, after } = await carryOut('Xof another form', script)
    const isClaim = script.lua === CLAIM
    t.equal(after, isClaim ? 'Xof another form' : (await carryOut(null, script)).after, script.name)
    if (script.lua === CONFIRM || script.lua === FILL) t.equal(reply, null, script.name)
  }
  t.strictSame(claim(claimOf(1), 2).entry, claimOf(1))
})
