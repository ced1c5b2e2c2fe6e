import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { Redis } from 'ioredis'
import { MongoClient } from 'mongodb'
import { ROOT } from '../checkout.ts'

export const EXPERIMENTS = ['usual', 'ours'] as const
export type ExperimentName = (typeof EXPERIMENTS)[number]

/** One command that was run, and what was there after it. */
export interface Step {
  who: 'A' | 'B' | 'C'
  does: string
  /** As it was sent */
  command: string
  answer: string
  /** The value in Redis after the step, as it is; null = none */
  redis: string | null
  mongodb: string
  /** C is shown this, and it is older than an acknowledged write */
  stale?: boolean
  shown?: boolean
}

const DATABASE = 'playground'
const TIMEOUT_MS = 2_000
const LIFE_MS = 60_000
const OLD = 'Buy milk'
const NEW = 'Buy milk and bread'

type Scripts = Record<'CLAIM' | 'MARK' | 'UNMARK' | 'FILL', string>

/** A task, its cached list, and the order of events in which a usual cache goes wrong. */
class Playground {
  readonly steps: Step[] = []
  readonly #key = `playground:${randomBytes(6).toString('hex')}`
  readonly #redis: Redis
  readonly #mongo: MongoClient

  constructor(redisUrl: string, mongodbUri: string) {
    this.#redis = new Redis(redisUrl, {
      lazyConnect: true,
      connectTimeout: TIMEOUT_MS,
      maxRetriesPerRequest: 1,
    })
    // A refused connection is reported by the command that needed it.
    this.#redis.on('error', () => {})
    this.#mongo = new MongoClient(mongodbUri, { serverSelectionTimeoutMS: TIMEOUT_MS })
  }

  async open(): Promise<void> {
    await Promise.all([this.#redis.connect(), this.#mongo.connect()])
    await this.#tasks.insertOne({ _id: this.#key, title: OLD })
  }

  async close(): Promise<void> {
    await this.#redis.del(this.#key).catch(() => {})
    this.#redis.disconnect()
    await this.#tasks.deleteOne({ _id: this.#key }).catch(() => {})
    await this.#mongo.close()
  }

  get #tasks() {
    return this.#mongo.db(DATABASE).collection<{ _id: string; title: string }>('tasks')
  }

  async #title(): Promise<string> {
    return (await this.#tasks.findOne({ _id: this.#key }))?.title ?? ''
  }

  async #note(who: Step['who'], does: string, command: string, answer: unknown, more: Partial<Step> = {}) {
    const [redis, mongodb] = await Promise.all([this.#redis.get(this.#key), this.#title()])
    this.steps.push({
      who,
      does,
      command,
      answer: answer === null ? '(nothing)' : String(answer),
      redis,
      mongodb,
      ...more,
    })
  }

  async look(who: Step['who']): Promise<string | null> {
    const value = await this.#redis.get(this.#key)
    await this.#note(who, 'looks into Redis', 'GET list', value)
    return value
  }

  async read(who: Step['who']): Promise<string> {
    const title = await this.#title()
    await this.#note(who, 'reads MongoDB', 'find({owner})', title)
    return title
  }

  async write(who: Step['who']): Promise<void> {
    await this.#tasks.updateOne({ _id: this.#key }, { $set: { title: NEW } })
    await this.#note(who, 'writes to MongoDB', `updateOne(…, {title: "${NEW}"})`, 'ok')
  }

  async redis(who: Step['who'], does: string, ...[name, ...rest]: [string, ...string[]]): Promise<unknown> {
    const answer = await this.#redis.call(name, this.#key, ...rest)
    await this.#note(who, does, [name, 'list', ...rest].join(' '), answer)
    return answer
  }

  async script(who: Step['who'], does: string, name: keyof Scripts, ...values: string[]): Promise<unknown> {
    const scripts: Scripts = await import(pathToFileURL(join(ROOT, 'task-service/src/cache/index.ts')).href)
    const answer = await this.#redis.eval(scripts[name], 1, this.#key, ...values)
    await this.#note(who, does, `${name} list ${values[0]}`, answer)
    return answer
  }

  /** What C is shown in the end, beside what MongoDB holds. */
  async show(title: string): Promise<void> {
    const stale = title !== (await this.#title())
    await this.#note('C', 'is shown', '', title, { stale, shown: true })
  }
}

/** The usual cache-aside: a write deletes the entry, the next miss fills it. */
async function usual(playground: Playground): Promise<void> {
  await playground.look('A')
  const old = await playground.read('A')
  await playground.write('B')
  await playground.redis('B', 'deletes the note; its write is acknowledged', 'DEL')
  await playground.redis('A', 'goes on, and puts up what it had read', 'SET', old, 'PX', String(LIFE_MS))
  await playground.show((await playground.look('C')) ?? (await playground.read('C')))
}

/** The service's own scripts, in the order in which the service runs them. */
async function ours(playground: Playground): Promise<void> {
  const token = (name: string) => `${name}${randomBytes(4).toString('hex')};`
  const [claimA, claimC, writeB] = [`L${token('a')}`, `L${token('c')}`, token('b')]
  const life = String(LIFE_MS)
  await playground.look('A')
  await playground.script('A', 'finds nothing, and leaves its claim', 'CLAIM', claimA, life)
  const old = await playground.read('A')
  await playground.script('B', 'marks: a write begins, and the claim is gone', 'MARK', writeB, life, '8192')
  await playground.write('B')
  await playground.script(
    'B',
    'takes its mark away; only now its write is acknowledged',
    'UNMARK',
    writeB,
    '',
    life,
  )
  await playground.script(
    'A',
    'goes on: its claim is gone, so nothing is stored',
    'FILL',
    claimA,
    `V${old}`,
    life,
  )
  const found = await playground.look('C')
  if (found?.startsWith('V')) return playground.show(found.slice(1))
  await playground.script('C', 'finds nothing, and leaves its claim', 'CLAIM', claimC, life)
  const fresh = await playground.read('C')
  await playground.script('C', 'stores: its claim is still there', 'FILL', claimC, `V${fresh}`, life)
  return playground.show(fresh)
}

const ORDERS: Record<ExperimentName, (playground: Playground) => Promise<void>> = { usual, ours }

/**
 * Runs one order of events on the Redis and MongoDB that run now.
 * @throws Error when one of them does not answer
 */
export async function runExperiment(
  name: ExperimentName,
  stores: { redisUrl: string; mongodbUri: string },
): Promise<Step[]> {
  const playground = new Playground(stores.redisUrl, stores.mongodbUri)
  try {
    await playground.open()
    await ORDERS[name](playground)
    return playground.steps
  } finally {
    await playground.close()
  }
}
