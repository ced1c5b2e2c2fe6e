import { CacheUnreachable } from '../../src/cache/errors.ts'
import type { ListPage } from '../../src/cache/list-page.ts'
import { type Epochs, type Found, type Lease, type ListStore, OFF } from '../../src/cache/ports.ts'

export const ON: Lease = { epoch: 1, redisRun: 'A', readable: true }
export const PENDING: Lease = { epoch: 1, redisRun: 'A', readable: false }
export const TURNED_OFF: Lease = { epoch: 2, redisRun: OFF, readable: false }

/** The steps of the list protocol as a test wants them to go; `steps` is what was asked, in order. */
export class FakeCache implements ListStore {
  readonly steps: string[]
  found: Found = { state: 'empty' }
  claimed: Found = { state: 'filling', claim: 'Lt;' }
  filled: 'stored' | ListPage | undefined = 'stored'
  /** What is in the cache by the time of a read that did not fill */
  confirmed: ListPage | undefined
  marked: 'alone' | 'joined' | 'full' = 'alone'
  /** What the last unmark would have stored */
  unmarkedWith: ListPage | undefined
  /** Steps that Redis does not answer */
  readonly unreachable = new Set<string>()

  constructor(steps: string[]) {
    this.steps = steps
  }

  token(): string {
    return 't;'
  }

  async find(): Promise<Found> {
    this.#step('find')
    return this.found
  }

  async claim(): Promise<Found> {
    this.#step('claim')
    return this.claimed
  }

  async fill(_lease: Lease, _owner: string, claim: string) {
    this.#step(`fill ${claim}`)
    return this.filled
  }

  async confirm() {
    this.#step('confirm')
    return this.confirmed
  }

  async mark(): Promise<'alone' | 'joined' | 'full'> {
    this.#step('mark')
    return this.marked
  }

  async unmark(_lease: Lease, _owner: string, _token: string, page: ListPage | undefined): Promise<string> {
    this.#step('unmark')
    this.unmarkedWith = page
    return page ? 'stored' : 'dropped'
  }

  async abandon(): Promise<void> {
    this.#step('abandon')
  }

  #step(name: string): void {
    this.steps.push(name)
    if (this.unreachable.has(name)) throw new CacheUnreachable('by the test')
  }
}

/** The lease an instance holds, as a test wants it. */
export class FakeEpochs implements Epochs {
  lease: Lease | undefined = ON
  /** What writes may go on under, once they ask; by default the lease held */
  next: () => Promise<Lease | undefined> = async () => this.lease
  /** What becomes of a proposal */
  onProposeOff: () => void = () => {}
  proposals = 0

  current(): Lease | undefined {
    return this.lease
  }

  holds(lease: Lease): boolean {
    return this.lease?.epoch === lease.epoch
  }

  async writable(): Promise<Lease | undefined> {
    return this.next()
  }

  async proposeOff(): Promise<void> {
    this.proposals++
    this.onProposeOff()
  }
}
