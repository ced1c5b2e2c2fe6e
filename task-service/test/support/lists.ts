import { type Db, ObjectId } from 'mongodb'
import type { TestService } from './service.ts'

export const HIT = 'task-lists; hit'
export const STORED = 'task-lists; fwd=uri-miss; stored'
export const NOT_STORED = 'task-lists; fwd=uri-miss'
export const BUSY = 'task-lists; fwd=bypass; detail=write-in-progress'

export type Call = ReturnType<TestService['as']>

/**
 * The list, and what the cache had to do with it. On a busy machine Redis can be slower than 100 ms, and the cache is
 * then left alone for a moment: that is asked again.
 */
export async function list(call: Call, url = '/tasks/', headers: Record<string, string> = {}) {
  for (;;) {
    const answer = await call('GET', url, undefined, headers)
    if (!/redis-unreachable|cache-off|lease-lost/.test(String(answer.headers['cache-status']))) return answer
  }
}

export function titles(answer: { json: () => unknown }): string[] {
  return (answer.json() as { title: string }[]).map(({ title }) => title)
}

/** Tasks made behind the service's back, `task 0` the oldest. */
export async function insertTasks(
  db: Db,
  owner: string,
  count: number,
  description: string | null = null,
): Promise<void> {
  await db.collection('tasks').insertMany(
    Array.from({ length: count }, (_, n) => ({
      _id: new ObjectId(),
      owner_id: new ObjectId(owner),
      title: `task ${n}`,
      description,
      completed: false,
      version: 1,
      created_at: new Date(1_700_000_000_000 + n),
      updated_at: new Date(1_700_000_000_000 + n),
    })),
  )
}
