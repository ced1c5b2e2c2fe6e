import { type Epoch, type EpochStore, OFF } from '../../src/cache/ports.ts'

const FIRST_EPOCH = 1
const first = (): Epoch => ({ epoch: FIRST_EPOCH, redisRun: OFF, settled: true, members: {} })

/** The one epoch document without MongoDB: changes are atomic, and answers can be late or fail to come. */
export class EpochDocument implements EpochStore {
  readonly #stored: { value: Epoch | null }
  /** The server's clock, milliseconds */
  readonly #now: () => number
  renewals = 0
  proposals = 0
  forgotten: string[] = []
  /** Refuses everything */
  away = false
  /** Applied, then not answered before this is over */
  answering: Promise<void> = Promise.resolve()

  constructor(now: () => number, stored: { value: Epoch | null } = { value: first() }) {
    this.#now = now
    this.#stored = stored
  }

  /** The same document over a link of its own, which can fail on its own. */
  link(): EpochDocument {
    return new EpochDocument(this.#now, this.#stored)
  }

  get value(): Epoch | null {
    return this.#stored.value
  }

  set value(value: Epoch | null) {
    this.#stored.value = value
  }

  set(epoch: Partial<Epoch>): void {
    this.value = { ...first(), ...epoch }
  }

  member(id: string, reaches: string): void {
    if (this.value) this.value.members[id] = { reaches, at: new Date(this.#now()) }
  }

  async prepare(settled = true): Promise<void> {
    if (!this.value) this.set({ epoch: FIRST_EPOCH, settled })
  }

  async renew(member: string, reaches: string, forget: string[]): Promise<Epoch | null> {
    this.renewals++
    this.forgotten.push(...forget)
    return this.#change(undefined, (value) => {
      for (const id of forget) delete value.members[id]
      value.members[member] = { reaches, at: new Date(this.#now()) }
    })
  }

  async settle(epoch: number): Promise<Epoch | null> {
    return this.#change(epoch, (value) => {
      value.settled = true
    })
  }

  async propose(epoch: number, redisRun: string, successor = epoch + 1): Promise<Epoch | null> {
    this.proposals++
    return this.#change(epoch, (value) =>
      Object.assign(value, { epoch: successor, redisRun, settled: false }),
    )
  }

  async #change(epoch: number | undefined, apply: (value: Epoch) => void): Promise<Epoch | null> {
    if (this.away) throw new Error('the database is away')
    if (!this.value || (epoch !== undefined && this.value.epoch !== epoch)) {
      await this.answering
      return null
    }
    apply(this.value)
    const answer = structuredClone(this.value)
    await this.answering
    return answer
  }
}
