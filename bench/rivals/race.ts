import { setTimeout as sleep } from 'node:timers/promises'
import type { CachedList, Rival, StoreUrls } from './rival.ts'

/** Messages between instances (invalidation buses) have this long to arrive before the new readers ask. */
const SETTLE_MS = 200
/** A read that waits for another one's fill is not waited for longer. */
const WAIT_MS = 500

const BEFORE = 'before the write'
const AFTER = 'after the write'

export interface RaceResult {
  /** What a read that began after the acknowledgement got, while the older read was still going on */
  during: string
  /** What new reads got on either instance when all was over */
  later: [first: string, second: string]
  stale: boolean
}

function titleOf(answer: string | Buffer): string {
  const [task] = JSON.parse(String(answer)) as { title: string }[]
  return task?.title ?? 'nothing'
}

/**
 * One deterministic race: a reader misses and holds the old value; a writer on another instance commits, invalidates and
 * acknowledges; the reader goes on; then new readers ask on both instances. Each of the latter has to see the write.
 */
export async function race({ open, shared }: Rival, stores: StoreUrls): Promise<RaceResult> {
  let stored = BEFORE
  let isFirst = true
  const holding = Promise.withResolvers<void>()
  const goOn = Promise.withResolvers<void>()
  async function load(): Promise<object[]> {
    const value = [{ title: stored }]
    if (isFirst) {
      isFirst = false
      holding.resolve()
      await goOn.promise
    }
    return value
  }

  const first = await open(stores, load)
  const second = shared ? await open(stores, load) : first
  try {
    const early = first.read()
    await holding.promise
    await second.write(async () => {
      stored = AFTER
    })
    await sleep(SETTLE_MS)
    const during = await Promise.race([
      second.read().then(titleOf),
      sleep(WAIT_MS, '(waits for the older read)'),
    ])
    goOn.resolve()
    await early
    await sleep(SETTLE_MS)
    const later: [string, string] = [titleOf(await first.read()), titleOf(await second.read())]
    return { during, later, stale: during === BEFORE || later.includes(BEFORE) }
  } finally {
    goOn.resolve()
    await Promise.all([...new Set<CachedList>([first, second])].map((list) => list.close()))
  }
}
