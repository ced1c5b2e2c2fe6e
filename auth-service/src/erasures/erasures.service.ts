import type { Erasure } from './erasures.repository.ts'

const LEASE_MS = 30_000
const BASE_DELAY_MS = 1_000
const MAX_DELAY_MS = 5 * 60_000
/** Between instances, and for tokens signed just before the deletion. */
const MARGIN_SECONDS = 120

export interface ErasureServiceOptions {
  erasures: {
    claim(leaseUntil: Date): Promise<Erasure | undefined>
    postpone(userId: string, until: Date): Promise<void>
    acknowledge(userId: string, finalAt: Date): Promise<void>
    remove(userId: string): Promise<void>
  }
  deleteTasksOf: (ownerId: string) => Promise<void>
  accessSeconds: number
  count: (outcome: 'acknowledged' | 'failed') => void
  log: { warn: (details: object, message: string) => void }
}

/** The wait after so many failures in a row (ms): 1 s, 2 s, 4 s … 5 min. */
export function backoff(attempts: number): number {
  return Math.min(BASE_DELAY_MS * 2 ** (attempts - 1), MAX_DELAY_MS)
}

/**
 * Deletes the tasks of deleted accounts in task-service: at once, again until acknowledged, and once more when every
 * access token of the account has stopped working, for a task that was written in between.
 */
export class ErasureService {
  readonly #options: ErasureServiceOptions

  constructor(options: ErasureServiceOptions) {
    this.#options = options
  }

  /** Works off what is due. */
  async run(signal: AbortSignal): Promise<void> {
    const { erasures } = this.#options
    while (!signal.aborted) {
      const erasure = await erasures.claim(new Date(Date.now() + LEASE_MS))
      if (!erasure) return
      await this.#erase(erasure)
    }
  }

  async #erase({ userId, requestedAt, attempts }: Erasure): Promise<void> {
    const { erasures, deleteTasksOf, accessSeconds, count, log } = this.#options
    const finalAt = new Date(requestedAt.getTime() + (accessSeconds + MARGIN_SECONDS) * 1000)
    const startedAt = new Date()
    try {
      await deleteTasksOf(userId)
    } catch (err) {
      count('failed')
      log.warn(
        { user_id: userId, attempts, reason: String(err) },
        'tasks of a deleted account not deleted yet',
      )
      await erasures.postpone(userId, new Date(Date.now() + backoff(attempts)))
      return
    }
    count('acknowledged')
    if (startedAt >= finalAt) await erasures.remove(userId)
    else await erasures.acknowledge(userId, finalAt)
  }
}
