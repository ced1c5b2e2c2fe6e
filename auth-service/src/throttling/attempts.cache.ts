import type { Redis } from 'ioredis'
import type { AttemptStore, DelayRule, Window } from './attempt-store.ts'

/** KEYS[1] counter, ARGV[1] window in ms → attempts, ms left */
const COUNT = `
local count = redis.call('INCR', KEYS[1])
local left = redis.call('PTTL', KEYS[1])
if left < 0 then
  redis.call('PEXPIRE', KEYS[1], ARGV[1])
  left = tonumber(ARGV[1])
end
return {count, left}
`

/**
 * KEYS[1] hash, ARGV free, base, max, forget in ms, then 1 to count or -1 to undo → ms to wait, or 0 when done;
 * times are those of Redis
 */
const DELAY = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local next_at = tonumber(redis.call('HGET', KEYS[1], 'next_at') or 0)
if ARGV[5] == '1' and now < next_at then return next_at - now end
local count = redis.call('HINCRBY', KEYS[1], 'count', ARGV[5])
if count <= 0 then
  redis.call('DEL', KEYS[1])
  return 0
end
local wait = 0
local free = tonumber(ARGV[1])
if count >= free then wait = math.min(ARGV[2] * 2 ^ (count - free), ARGV[3]) end
redis.call('HSET', KEYS[1], 'next_at', string.format('%d', now + wait))
redis.call('PEXPIRE', KEYS[1], string.format('%d', wait + ARGV[4]))
return 0
`

const PREFIX = 'auth:attempts:'

/** The limits that all instances share. Every method rejects while Redis is away. */
export class AttemptCache implements AttemptStore {
  readonly #redis: Redis

  constructor(redis: Redis) {
    this.#redis = redis
  }

  async count(key: string, windowMs: number): Promise<Window> {
    const [count, resetMs] = (await this.#redis.eval(COUNT, 1, PREFIX + key, windowMs)) as [number, number]
    return { count, resetMs }
  }

  async delay(key: string, rule: DelayRule): Promise<number> {
    return this.#step(key, rule, 1)
  }

  async undo(key: string, rule: DelayRule): Promise<void> {
    await this.#step(key, rule, -1)
  }

  async forget(keys: string[]): Promise<void> {
    await this.#redis.del(...keys.map((key) => PREFIX + key))
  }

  async #step(key: string, { free, baseMs, maxMs, forgetMs }: DelayRule, step: 1 | -1): Promise<number> {
    return (await this.#redis.eval(DELAY, 1, PREFIX + key, free, baseMs, maxMs, forgetMs, step)) as number
  }
}
