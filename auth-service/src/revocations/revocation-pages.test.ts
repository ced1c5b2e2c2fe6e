import t from 'tap'
import { RevocationLog } from './revocation-log.ts'
import { RevocationPages } from './revocation-pages.ts'
import type { Revocation } from './revocations.repository.ts'

const START = Math.floor(Date.now() / 1000) - 1_000

/** Ended sessions, so many in each second from START on. */
function newFeed(perSecond: number[]) {
  const all: Revocation[] = perSecond.flatMap((count, second) =>
    Array.from({ length: count }, (_, i) => ({
      sid: `${second}-${i}`,
      revokedAt: new Date((START + second) * 1000 + (i % 1000)),
      accessUntil: new Date((START + 9_999) * 1000 + 1),
    })),
  )
  all.sort((a, b) => a.revokedAt.getTime() - b.revokedAt.getTime())
  let served = 0
  const source = {
    findRevocations: async (from: Date, to: Date | undefined, limit: number) =>
      all
        .filter(({ revokedAt }) => revokedAt >= from && (to === undefined || revokedAt < to))
        .slice(0, limit),
  }
  const feed = new RevocationPages(source, new RevocationLog(source), (count) => (served += count))
  return { feed, total: all.length, served: () => served }
}

async function readAll(feed: RevocationPages): Promise<{ sids: Set<string>; pages: number }> {
  const sids = new Set<string>()
  let since = 0
  for (let pages = 1; ; pages++) {
    const page = await feed.read(since)
    for (const { sid } of page.revocations) sids.add(sid)
    if (!page.more) return { sids, pages }
    since = page.now
  }
}

t.test('a page that holds all says so and gives the time', async (t) => {
  const { feed, served } = newFeed([2, 1])
  const before = Math.floor(Date.now() / 1000)
  const page = await feed.read(START)
  t.equal(page.more, false)
  t.ok(page.now >= before && page.now <= Date.now() / 1000)
  t.strictSame(page.revocations[0], { sid: '0-0', expires_at: START + 10_000 })
  t.equal(served(), 3)
  t.equal((await feed.read(START + 1)).revocations.length, 1)
})

for (const [what, perSecond] of Object.entries({
  'spread over seconds': [6_000, 6_000, 6_000, 6_000],
  'most of them in one second': [10, 25_000, 10],
  'exactly one page': [10_000],
  'one more than a page in one second': [10_001],
})) {
  t.test(`pages through all of them: ${what}`, async (t) => {
    const { feed, total } = newFeed(perSecond)
    const { sids, pages } = await readAll(feed)
    t.equal(sids.size, total)
    t.ok(pages <= 4)
  })
}

t.test('a reader with a cursor is sent what is new, once', async (t) => {
  const { feed } = newFeed([])
  const { cursor = '', more } = await feed.read(0)
  t.equal(more, false)
  const next = await feed.read(0, cursor)
  t.strictSame(next.revocations, [])
  t.equal(next.cursor, cursor)
})

t.test('a cursor of another instance counts as none', async (t) => {
  const [one, other] = [newFeed([2]), newFeed([3])]
  const { cursor } = await one.feed.read(0)
  const page = await other.feed.read(0, cursor)
  t.equal(page.revocations.length, 3)
  t.not(page.cursor, cursor)
})

t.test('sessions that ended longer ago than any token lives are not looked for', async (t) => {
  const asked: Date[] = []
  const source = {
    findRevocations: async (from: Date) => {
      asked.push(from)
      return []
    },
  }
  await new RevocationPages(source, new RevocationLog(source), () => {}).read(0)
  const hours = (Date.now() - (asked.at(-1)?.getTime() ?? 0)) / 3_600_000
  t.ok(hours > 24 && hours < 26, `${hours} hours back`)
})
