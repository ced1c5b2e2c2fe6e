import { type Collection, type Db, ObjectId } from 'mongodb'
import { EXISTING, type UserDocument } from '../accounts/index.ts'
import { guarded } from '../platform/driver-errors.ts'
import type { Slot } from './recovery-codes.ts'

const MAX_TIME_MS = 2_000
const OFF = { 'second_factor.confirmed_at': { $exists: false } }
const ON = { 'second_factor.confirmed_at': { $exists: true } }

/** Part of the account's document: with the account it is gone. */
interface SecondFactorDocument {
  /** Sealed */
  secret: string
  /** The last time step of which a code was accepted */
  last_step: number
  /** Missing while the person has not shown a first code: until then it protects nothing */
  confirmed_at?: Date
  /** Hashes by slot; a used one is gone */
  recovery?: Partial<Record<Slot, string>>
}

type UserWithFactor = UserDocument & { second_factor?: SecondFactorDocument }

export interface SecondFactor {
  sealedSecret: string
  isOn: boolean
  recovery: Partial<Record<Slot, string>>
}

/** The second factor of accounts in MongoDB; each change is one compare-and-set. Every method may throw DatabaseUnavailable. */
export class SecondFactorRepository {
  readonly #users: Collection<UserWithFactor>

  constructor(db: Db) {
    this.#users = db.collection<UserWithFactor>('users')
  }

  async find(accountId: string): Promise<SecondFactor | undefined> {
    const options = { projection: { second_factor: 1 }, maxTimeMS: MAX_TIME_MS }
    const found = await guarded(
      this.#users.findOne<Pick<UserWithFactor, 'second_factor'>>(
        { _id: new ObjectId(accountId), ...EXISTING },
        options,
      ),
    )
    const factor = found?.second_factor
    if (!factor) return undefined
    const { secret: sealedSecret, confirmed_at, recovery = {} } = factor
    return { sealedSecret, isOn: confirmed_at !== undefined, recovery }
  }

  /** Keeps a secret that waits for its first code. @returns false where a second factor is on already */
  propose(accountId: string, sealedSecret: string): Promise<boolean> {
    return this.#change(accountId, OFF, { $set: { second_factor: { secret: sealedSecret, last_step: 0 } } })
  }

  /** Turns it on. @returns false when another secret was proposed meanwhile, or it is on already */
  confirm(
    accountId: string,
    sealedSecret: string,
    step: number,
    recovery: Record<Slot, string>,
  ): Promise<boolean> {
    const fields = {
      'second_factor.confirmed_at': new Date(),
      'second_factor.last_step': step,
      'second_factor.recovery': recovery,
    }
    return this.#change(accountId, { ...OFF, 'second_factor.secret': sealedSecret }, { $set: fields })
  }

  /** Uses the code of a step. @returns false when it, or a later one, was used before: of many at once, one wins */
  spendStep(accountId: string, step: number): Promise<boolean> {
    const filter = { ...ON, 'second_factor.last_step': { $lt: step } }
    return this.#change(accountId, filter, { $set: { 'second_factor.last_step': step } })
  }

  /** Uses a recovery code. @returns false when it was used before */
  spendRecovery(accountId: string, slot: Slot, hash: string): Promise<boolean> {
    const path = `second_factor.recovery.${slot}`
    return this.#change(accountId, { ...ON, [path]: hash }, { $unset: { [path]: '' } })
  }

  replaceRecovery(accountId: string, recovery: Record<Slot, string>): Promise<boolean> {
    return this.#change(accountId, ON, { $set: { 'second_factor.recovery': recovery } })
  }

  /** @returns whether there was one */
  remove(accountId: string): Promise<boolean> {
    return this.#change(accountId, { second_factor: { $exists: true } }, { $unset: { second_factor: '' } })
  }

  async #change(accountId: string, filter: object, update: object): Promise<boolean> {
    const match = { ...filter, _id: new ObjectId(accountId), ...EXISTING }
    return (await guarded(this.#users.updateOne(match, update))).matchedCount === 1
  }
}
