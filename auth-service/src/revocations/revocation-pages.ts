import { MAX_ACCESS_TOKEN_SECONDS } from '../config.ts'
import type { RevocationLog } from './revocation-log.ts'
import type { Revocation } from './revocations.repository.ts'

const PAGE = 10_000
/** More sessions ended within one second than that is no traffic, it is a fault. */
const MAX_PER_SECOND = 200_000
/** What ended before has no live token, however long their lives are set; with a margin for signing and clocks. */
const REACH_BACK_SECONDS = MAX_ACCESS_TOKEN_SECONDS + 3_600

interface RevocationSource {
  /** Ended in [from, to) and not yet expired, oldest first */
  findRevocations(from: Date, to: Date | undefined, limit: number): Promise<Revocation[]>
}

export interface FeedPage {
  now: number
  revocations: { sid: string; expires_at: number }[]
  more: boolean
  /** Where to go on; missing while there is more */
  cursor?: string
}

function secondOf({ revokedAt }: Revocation): number {
  return Math.floor(revokedAt.getTime() / 1000)
}

/**
 * Pages through ended sessions. A page holds whole seconds: while there are more, `now` is the first second it does
 * not hold, so that a reader who continues from there misses nothing and always gets on.
 */
export class RevocationPages {
  readonly #source: RevocationSource
  readonly #log: RevocationLog
  readonly #served: (count: number) => void

  constructor(source: RevocationSource, log: RevocationLog, served: (count: number) => void) {
    this.#source = source
    this.#log = log
    this.#served = served
  }

  /**
   * What is new for a reader.
   * @param cursor of its last page; one of another instance counts as none
   * @param since Unix seconds, from which it reads without a cursor
   */
  async read(since: number, cursor?: string): Promise<FeedPage> {
    const now = Math.floor(Date.now() / 1000)
    const news = cursor === undefined ? undefined : await this.#log.after(cursor)
    if (news) return { ...this.#page(news.revocations, now, false), cursor: news.cursor }
    // Before the database is read: what ends meanwhile comes with the next page.
    const end = await this.#log.end()
    const page = await this.#since(since)
    return page.more ? page : { ...page, cursor: end }
  }

  async #since(since: number): Promise<FeedPage> {
    const now = Math.floor(Date.now() / 1000)
    // A new reader asks from 0 on, and ended sessions are kept for months.
    const from = Math.max(since, now - REACH_BACK_SECONDS)
    const found = await this.#source.findRevocations(new Date(from * 1000), undefined, PAGE + 1)
    const last = found.at(-1)
    if (found.length <= PAGE || !last) return this.#page(found, now, false)
    const next = secondOf(last)
    const whole = found.filter((entry) => secondOf(entry) < next)
    if (whole.length > 0) return this.#page(whole, next, true)
    const end = new Date((next + 1) * 1000)
    return this.#page(
      await this.#source.findRevocations(new Date(next * 1000), end, MAX_PER_SECOND),
      next + 1,
      true,
    )
  }

  #page(found: Revocation[], now: number, more: boolean): FeedPage {
    this.#served(found.length)
    const revocations = found.map(({ sid, accessUntil }) => ({
      sid,
      expires_at: Math.ceil(accessUntil.getTime() / 1000),
    }))
    return { now, revocations, more }
  }
}
