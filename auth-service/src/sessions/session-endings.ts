import type { EndReason } from '../accounts/index.ts'
import type { EndedSession, EndingRepository } from './endings.repository.ts'
import type { Spared } from './session.ts'

/** As many as fit into one message */
const AT_ONCE = 1_000

/** Ends sessions, and says so at once to whoever listens. Others learn it from the list of ended ones, a second later. */
export class SessionEndings {
  readonly #repository: EndingRepository
  readonly #announce: (message: string) => void

  /** @param announce sends a message to every instance, without waiting; see {@link toMessage} */
  constructor(repository: EndingRepository, announce: (message: string) => void) {
    this.#repository = repository
    this.#announce = announce
  }

  /** Ends one session; one that has ended stays as it ended. */
  async end(id: string, reason: EndReason): Promise<void> {
    const ended = await this.#repository.end(id, reason)
    if (ended) this.#announce(toMessage([ended]))
  }

  /** Ends a user's sessions, but for those to spare. */
  async endAll(userId: string, reason: EndReason, spare: Spared = {}): Promise<void> {
    const ended = await this.#repository.endAll(userId, reason, spare)
    for (let from = 0; from < ended.length; from += AT_ONCE)
      this.#announce(toMessage(ended.slice(from, from + AT_ONCE)))
  }
}

/** `<sid> <Unix second in which its last token expires>`, one line each: what task-service's ended-sessions.ts reads. */
function toMessage(ended: EndedSession[]): string {
  return ended.map(({ sid, accessUntil }) => `${sid} ${Math.ceil(accessUntil.getTime() / 1000)}`).join('\n')
}
