import { setTimeout as sleep } from 'node:timers/promises'
import type { Account, Ending, EndReason } from '../accounts/index.ts'
import { spellingsOf } from '../email.ts'
import { ChangedMeanwhile, UserNotFound } from '../errors.ts'
import type { AdministrationRepository, Condition, UserChange } from './administration.repository.ts'
import { leaveAsAdmin } from './last-admin.ts'

const ATTEMPTS = 5
const PAUSE_MS = 20
/** A request that has not finished its work by then never will. */
const INTERRUPTED_AFTER_MS = 20_000

export interface AdministrationOptions {
  accounts: {
    findById(id: string): Promise<Account | undefined>
    findByEmail(spellings: string[]): Promise<Account | undefined>
    list(skip: number, limit: number): Promise<Account[]>
  }
  users: AdministrationRepository
  endings: {
    endAll(userId: string, reason: EndReason): Promise<void>
    carryOut(userId: string, ending: Ending): Promise<void>
    carryOutForgotten(since: Date): Promise<void>
  }
  now: () => Date
  /** Notes, once and durably, that the tasks of an account have to be deleted. */
  requestErasure: (userId: string) => Promise<void>
  /** Tells the owner of an account by mail; waits for nothing */
  tell: (email: string, change: 'role_changed') => void
}

/** What administrators do to accounts. */
export class AdministrationService {
  readonly #options: AdministrationOptions

  constructor(options: AdministrationOptions) {
    this.#options = options
  }

  /** @returns one account more than `limit` when there are more */
  list(skip: number, limit: number): Promise<Account[]> {
    return this.#options.accounts.list(skip, limit + 1)
  }

  /** @throws UserNotFound */
  async find(id: string): Promise<Account> {
    const account = await this.#options.accounts.findById(id)
    if (!account) throw new UserNotFound()
    return account
  }

  /** A new role ends the account's sessions. @throws UserNotFound, LastAdmin, ChangedMeanwhile */
  async change(id: string, change: UserChange): Promise<Account> {
    const { users, endings, now, tell } = this.#options
    if (Object.keys(change).length === 0) return this.find(id)
    let ending: Ending | undefined
    const changed = await this.#retried(id, (account) => {
      const changesRole = change.role !== undefined && change.role !== account.role
      ending = changesRole ? { at: now(), reason: 'role_changed' } : undefined
      const write = (condition: Condition) => users.change(id, change, condition, ending)
      if (changesRole && account.role === 'ADMIN')
        return leaveAsAdmin(users, id, (op) => write({ leaving: op }))
      return write({ role: account.role })
    })
    if (ending) {
      await endings.carryOut(id, ending)
      tell(changed.email, 'role_changed')
    }
    return changed
  }

  /** Nobody logs in to a locked account; its sessions end. @throws UserNotFound, LastAdmin, ChangedMeanwhile */
  async lock(id: string): Promise<void> {
    const { users, endings, now } = this.#options
    const ending: Ending = { at: now(), reason: 'locked' }
    await this.#retried(id, (account) => {
      const write = (condition: Condition) => users.lock(id, condition, ending)
      if (account.role === 'ADMIN' && !account.lockedAt)
        return leaveAsAdmin(users, id, (op) => write({ leaving: op }))
      return write({ role: account.role })
    })
    await endings.carryOut(id, ending)
  }

  /** @throws UserNotFound */
  async unlock(id: string): Promise<void> {
    if (!(await this.#options.users.unlock(id))) throw new UserNotFound()
  }

  /** Logs a user out everywhere. @throws UserNotFound */
  async endSessionsOf(id: string): Promise<void> {
    await this.find(id)
    await this.#options.endings.endAll(id, 'ended_by_admin')
  }

  /**
   * Deletes an account: it is gone with the first write, which also decides about the last administrator; its
   * sessions end and its tasks are noted for deletion before the answer.
   * @throws UserNotFound, LastAdmin, ChangedMeanwhile
   */
  async remove(id: string): Promise<void> {
    const { users } = this.#options
    await this.#retried(id, (account) => {
      if (account.role !== 'ADMIN') return users.markDeleting(id, { role: account.role })
      return leaveAsAdmin(users, id, (op) => users.markDeleting(id, { leaving: op }))
    })
    await this.#finishDeletion(id)
  }

  /**
   * Deletes an account that a backup has brought back, and its tasks, which one may have brought back, too. Repeatable.
   * @returns whether there was such an account
   */
  async eraseAgain(id: string): Promise<boolean> {
    const isBack = await this.#options.users.markErased(id)
    await this.#finishDeletion(id)
    return isBack
  }

  /** @throws UserNotFound */
  async promote(email: string): Promise<Account> {
    const account = await this.#options.accounts.findByEmail(spellingsOf(email))
    if (!account) throw new UserNotFound()
    return this.change(account.id, { role: 'ADMIN' })
  }

  /** Completes what crashed or cut-off requests began. Repeatable, also by several instances at once. */
  async finishInterrupted(): Promise<void> {
    const { users, endings } = this.#options
    const since = new Date(Date.now() - INTERRUPTED_AFTER_MS)
    for (const id of await users.findDeleting(since)) await this.#finishDeletion(id)
    await endings.carryOutForgotten(since)
  }

  async #finishDeletion(id: string): Promise<void> {
    await this.#options.requestErasure(id)
    await this.#options.endings.endAll(id, 'account_deleted')
    await this.#options.users.removeDeleting(id)
  }

  /** Writes on condition of what was read, again when that changed meanwhile. */
  async #retried(id: string, write: (account: Account) => Promise<Account | undefined>): Promise<Account> {
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      const written = await write(await this.find(id))
      if (written) return written
      await sleep(PAUSE_MS * attempt)
    }
    throw new ChangedMeanwhile()
  }
}
