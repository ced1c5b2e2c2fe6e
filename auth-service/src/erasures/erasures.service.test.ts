import t from 'tap'
import { backoff, ErasureService } from './erasures.service.ts'

const ACCESS_SECONDS = 1_800
const HOUR_MS = 3_600_000

/** What is left of an erasure that was asked for so long ago, once task-service has answered or not. */
async function erase(ageMs: number, attempts: number, deleteTasksOf: () => Promise<void>) {
  let due: Date | undefined = new Date(0)
  const queue = [{ userId: 'u', requestedAt: new Date(Date.now() - ageMs), attempts }]
  const counted: string[] = []
  const warnings: string[] = []
  let isAcknowledged = false
  const service = new ErasureService({
    erasures: {
      claim: async () => queue.shift(),
      postpone: async (_userId, at) => {
        due = at
      },
      acknowledge: async (_userId, at) => {
        due = at
        isAcknowledged = true
      },
      remove: async () => {
        due = undefined
      },
    },
    deleteTasksOf,
    accessSeconds: ACCESS_SECONDS,
    count: (outcome) => counted.push(outcome),
    log: { warn: (_details, message) => warnings.push(message) },
  })
  const before = Date.now()
  await service.run(new AbortController().signal)
  const wait = due && { atMost: due.getTime() - before, atLeast: due.getTime() - Date.now() }
  return { wait, isAcknowledged, counted, warnings }
}

t.test('acknowledged early, it is due once more when every access token has expired', async (t) => {
  const { wait, isAcknowledged, counted, warnings } = await erase(0, 1, async () => undefined)
  t.ok(isAcknowledged)
  t.ok(wait && wait.atMost > ACCESS_SECONDS * 1000 && wait.atLeast < ACCESS_SECONDS * 1000 + 300_000)
  t.strictSame(counted, ['acknowledged'])
  t.strictSame(warnings, [])
})

t.test('acknowledged after that, it is done', async (t) => {
  const { wait, counted, warnings } = await erase(HOUR_MS, 1, async () => undefined)
  t.equal(wait, undefined, 'nothing is left of it')
  t.strictSame(counted, ['acknowledged'])
  t.strictSame(warnings, [])
})

t.test('not acknowledged, it is tried again later, and that is logged', async (t) => {
  const failing = () => Promise.reject(new Error('task-service answered 503'))
  const { wait, isAcknowledged, counted, warnings } = await erase(HOUR_MS, 3, failing)
  t.notOk(isAcknowledged)
  t.ok(wait && wait.atLeast <= 4_000 && wait.atMost >= 4_000, 'in 4 s')
  t.strictSame(counted, ['failed'])
  t.equal(warnings.length, 1)
})

t.test('the wait doubles up to five minutes', async (t) => {
  t.strictSame([1, 2, 3, 9, 10, 1_000].map(backoff), [1_000, 2_000, 4_000, 256_000, 300_000, 300_000])
})
