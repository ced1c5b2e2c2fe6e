import t from 'tap'
import { backoff, ErasureService } from './erasures.service.ts'

const ACCESS_SECONDS = 1_800
const HOUR_MS = 3_600_000

/** One erasure asked for so long ago, and what becomes of it. */
async function erase(ageMs: number, attempts: number, deleteTasksOf: () => Promise<void>) {
  const calls: string[] = []
  const dates: Date[] = []
  const queue = [{ userId: 'u', requestedAt: new Date(Date.now() - ageMs), attempts }]
  const note = (name: string) => async (_id: string, date?: Date) => {
    calls.push(name)
    if (date) dates.push(date)
  }
  const service = new ErasureService({
    erasures: {
      claim: async () => queue.shift(),
      postpone: note('postpone'),
      acknowledge: note('acknowledge'),
      remove: note('remove'),
    },
    deleteTasksOf,
    accessSeconds: ACCESS_SECONDS,
    count: (outcome) => calls.push(outcome),
    log: { warn: () => calls.push('warn') },
  })
  const before = Date.now()
  await service.run(new AbortController().signal)
  const due = dates[0]?.getTime() ?? 0
  return { calls, atMost: due - before, atLeast: due - Date.now() }
}

t.test('acknowledged early, it is due once more when every access token has expired', async (t) => {
  const { calls, atMost, atLeast } = await erase(0, 1, async () => undefined)
  t.strictSame(calls, ['acknowledged', 'acknowledge'])
  t.ok(atMost > ACCESS_SECONDS * 1000 && atLeast < ACCESS_SECONDS * 1000 + 300_000)
})

t.test('acknowledged after that, it is done', async (t) => {
  t.strictSame((await erase(HOUR_MS, 1, async () => undefined)).calls, ['acknowledged', 'remove'])
})

t.test('not acknowledged, it is tried again later, and that is logged', async (t) => {
  const failing = () => Promise.reject(new Error('task-service answered 503'))
  const { calls, atMost, atLeast } = await erase(HOUR_MS, 3, failing)
  t.strictSame(calls, ['failed', 'warn', 'postpone'])
  t.ok(atLeast <= 4_000 && atMost >= 4_000, 'in 4 s')
})

t.test('the wait doubles up to five minutes', async (t) => {
  t.strictSame([1, 2, 3, 9, 10, 1_000].map(backoff), [1_000, 2_000, 4_000, 256_000, 300_000, 300_000])
})
