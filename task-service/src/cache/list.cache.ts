import { randomBytes } from 'node:crypto'
import type { Redis, Result } from 'ioredis'
import { CacheUnreachable } from './errors.ts'
import { decodePage, encodePage, type ListPage } from './list-page.ts'
import type { Found, Lease, ListStore } from './ports.ts'
import type { RedisProcess } from './redis-process.cache.ts'
import { ABANDON, CLAIM, CONFIRM, FILL, MARK, UNMARK } from './scripts.ts'
import { LIFE_JITTER, TIMING } from './timing.ts'

const MAX_MARK_BYTES = 8_192
/** Larger lists are read from MongoDB every time. */
const MAX_VALUE_BYTES = 524_288

/** First bytes: see scripts.ts */
const VALUE = 'V'
const CLAIM_MADE = 'L'

declare module 'ioredis' {
  interface RedisCommander<Context> {
    listClaimBuffer(key: string, claim: string, lifeMs: number): Result<Buffer | null, Context>
    listMark(key: string, token: string, lifeMs: number, maxBytes: number): Result<number, Context>
    listUnmark(key: string, token: string, value: Buffer | string, lifeMs: number): Result<string, Context>
    listAbandon(key: string, token: string, lifeMs: number): Result<null, Context>
    listFillBuffer(
      key: string,
      claim: string,
      value: Buffer,
      lifeMs: number,
    ): Result<number | Buffer | null, Context>
    listConfirmBuffer(key: string): Result<Buffer | null, Context>
  }
}

/** Redis keys and scripts of the list protocol; list-reads.ts and list-writes.ts say which step follows which. */
export class ListCache implements ListStore {
  readonly #redis: Redis
  readonly #process: RedisProcess
  readonly #instance = randomBytes(5).toString('hex')
  #count = 0

  constructor(redis: Redis, process: RedisProcess) {
    this.#redis = redis
    this.#process = process
    redis.defineCommand('listClaim', { numberOfKeys: 1, lua: CLAIM })
    redis.defineCommand('listMark', { numberOfKeys: 1, lua: MARK })
    redis.defineCommand('listUnmark', { numberOfKeys: 1, lua: UNMARK })
    redis.defineCommand('listAbandon', { numberOfKeys: 1, lua: ABANDON })
    redis.defineCommand('listConfirm', { numberOfKeys: 1, lua: CONFIRM })
    redis.defineCommand('listFill', { numberOfKeys: 1, lua: FILL })
  }

  reaches(lease: Lease): boolean {
    return this.#process.runId() === lease.redisRun
  }

  token(): string {
    this.#count = (this.#count + 1) % 0xffff_ffff
    return `${this.#instance}${this.#count.toString(16).padStart(8, '0')};`
  }

  async find(lease: Lease, owner: string): Promise<Found> {
    const value = await this.#send(lease, () => this.#redis.getBuffer(key(lease, owner)))
    return value === null ? { state: 'empty' } : foundIn(value)
  }

  async claim(lease: Lease, owner: string): Promise<Found> {
    const claim = CLAIM_MADE + this.token()
    const value = await this.#send(lease, () =>
      this.#redis.listClaimBuffer(key(lease, owner), claim, TIMING.claimLifeMs),
    )
    return value === null ? { state: 'filling', claim } : foundIn(value)
  }

  async fill(
    lease: Lease,
    owner: string,
    claim: string,
    page: ListPage,
  ): Promise<'stored' | ListPage | undefined> {
    const value = encodeValue(page)
    if (value.length > MAX_VALUE_BYTES) return this.confirm(lease, owner)
    const answer = await this.#send(lease, () =>
      this.#redis.listFillBuffer(key(lease, owner), claim, value, life()),
    )
    if (answer === 1) return 'stored'
    return Buffer.isBuffer(answer) ? decodePage(answer.subarray(1)) : undefined
  }

  async confirm(lease: Lease, owner: string): Promise<ListPage | undefined> {
    const answer = await this.#send(lease, () => this.#redis.listConfirmBuffer(key(lease, owner)))
    return answer ? decodePage(answer.subarray(1)) : undefined
  }

  async mark(lease: Lease, owner: string, token: string): Promise<'alone' | 'joined' | 'full'> {
    const state = await this.#send(lease, () =>
      this.#redis.listMark(key(lease, owner), token, TIMING.markLifeMs, MAX_MARK_BYTES),
    )
    if (state === -1) return 'full'
    return state === 0 ? 'alone' : 'joined'
  }

  unmark(lease: Lease, owner: string, token: string, page: ListPage | undefined): Promise<string> {
    const value = page ? encodeValue(page) : ''
    const kept = value.length > MAX_VALUE_BYTES ? '' : value
    return this.#send(lease, () => this.#redis.listUnmark(key(lease, owner), token, kept, life()))
  }

  async abandon(lease: Lease, owner: string, token: string): Promise<void> {
    await this.#send(lease, () => this.#redis.listAbandon(key(lease, owner), token, TIMING.markLifeMs))
  }

  async #send<T>(lease: Lease, command: () => Promise<T>): Promise<T> {
    if (!this.reaches(lease)) throw new CacheUnreachable('another Redis process, or none')
    try {
      return await command()
    } catch (err) {
      this.#process.trip(err)
      throw new CacheUnreachable('Redis did not answer', { cause: err })
    }
  }
}

/** A key belongs to one epoch of one Redis process: what an older one left behind is never found. */
function key(lease: Lease, owner: string): string {
  return `tasks:{${owner}}:${lease.redisRun}:${lease.epoch}`
}

function foundIn(value: Buffer): Found {
  const state = value[0]
  if (state === VALUE.charCodeAt(0)) return { state: 'hit', page: decodePage(value.subarray(1)) }
  return state === CLAIM_MADE.charCodeAt(0)
    ? { state: 'filling', claim: value.toString('latin1') }
    : { state: 'writing' }
}

function encodeValue(page: ListPage): Buffer {
  return Buffer.concat([Buffer.from(VALUE), encodePage(page)])
}

function life(): number {
  return Math.round(TIMING.valueLifeMs * (1 + LIFE_JITTER * (2 * Math.random() - 1)))
}
