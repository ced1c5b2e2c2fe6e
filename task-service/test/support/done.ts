import { randomUUID } from 'node:crypto'
import { answered } from './answered.ts'
import type { Call } from './lists.ts'

/**
 * A step of a test's set-up, which nobody looks at: while a busy machine answers 503 it is asked for again. What was done
 * at the first attempt is not done twice: creations have a key, and what is gone by then was deleted.
 * @throws Error with the answer when it is refused
 */
export async function done(call: Call, method: Parameters<Call>[0], url: string, body?: object) {
  const key = method === 'POST' ? { 'idempotency-key': randomUUID() } : {}
  let attempts = 0
  const answer = await answered(() => {
    attempts++
    return call(method, url, body, key)
  })
  const wasDone = method === 'DELETE' && attempts > 1 && answer.statusCode === 404
  if (answer.statusCode >= 300 && !wasDone)
    throw new Error(`${method} ${url}: ${answer.statusCode} ${answer.body}`)
  return answer
}
