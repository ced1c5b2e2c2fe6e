import type { Ending, EndReason } from '../accounts/index.ts'
import type { Spared } from './session.ts'

/** As much as the clocks of two instances may differ. */
const CLOCK_MARGIN_MS = 5_000

interface Options {
  accounts: {
    sessionsEnded(id: string, ending: Ending): Promise<void>
    findEndings(since: Date): Promise<{ id: string; ending: Ending }[]>
  }
  endings: { endAll(userId: string, reason: EndReason, spare?: Spared): Promise<void> }
}

/**
 * Ends sessions because their account has changed. The change notes that in its own write, so that a process that
 * dies in between leaves no session behind: another one finds the note.
 */
export class NotedEndings {
  readonly #options: Options

  constructor(options: Options) {
    this.#options = options
  }

  /** Ends all sessions of a user whatever was noted. */
  endAll(userId: string, reason: EndReason): Promise<void> {
    return this.#options.endings.endAll(userId, reason)
  }

  /** Ends the sessions that were opened before the change. Repeatable, also by several instances at once. */
  async carryOut(userId: string, ending: Ending): Promise<void> {
    const { accounts, endings } = this.#options
    const { at, reason, spared } = ending
    const openedSince = new Date(at.getTime() + CLOCK_MARGIN_MS)
    await endings.endAll(userId, reason, { openedSince, ...(spared && { id: spared }) })
    await accounts.sessionsEnded(userId, ending)
  }

  /** Carries out what was noted before `since`. */
  async carryOutForgotten(since: Date): Promise<void> {
    for (const { id, ending } of await this.#options.accounts.findEndings(since))
      await this.carryOut(id, ending)
  }
}
