/** What became of an operation. Only `acknowledged` promises anything; `unknown` may take effect at any later time. */
export type Outcome = 'acknowledged' | 'unknown' | 'failed'

const PENDING = 0
const OUTCOMES: readonly Outcome[] = ['acknowledged', 'unknown', 'failed']

const READ = 0
const WRITE = 1
const FIRST_CAPACITY = 1 << 16
/** The value of a register before any write. */
const INITIAL = 0

/**
 * Reads and writes of many registers, in the order in which one process began and ended them: an operation that
 * ended before another began is known to have come first. A register is a counter: its writes carry 1, 2, 3 …
 *
 * About 30 bytes an operation, in flat arrays: runs have millions of them.
 */
export class History {
  readonly registers: number
  readonly #now: () => number
  readonly #written: Uint32Array
  #count = 0
  #eventCount = 0
  #kinds = new Uint8Array(FIRST_CAPACITY)
  #outcomes = new Uint8Array(FIRST_CAPACITY)
  #registers = new Uint32Array(FIRST_CAPACITY)
  #values = new Uint32Array(FIRST_CAPACITY)
  #starts = new Float64Array(FIRST_CAPACITY)
  #ends = new Float64Array(FIRST_CAPACITY)
  /** Twice the number of the operation, plus 1 for its end. */
  #events = new Uint32Array(FIRST_CAPACITY * 2)

  /** @param now monotonic milliseconds; only reports use them, the order of calls is the order of events */
  constructor(registers: number, now: () => number = () => performance.now()) {
    this.registers = registers
    this.#now = now
    this.#written = new Uint32Array(registers)
  }

  get operations(): number {
    return this.#count
  }

  get eventCount(): number {
    return this.#eventCount
  }

  /** Begins the write of the register's next value. */
  beginWrite(register: number): number {
    const value = (this.#written[register] as number) + 1
    this.#written[register] = value
    return this.#begin(WRITE, register, value)
  }

  beginRead(register: number): number {
    return this.#begin(READ, register, INITIAL)
  }

  endWrite(operation: number, outcome: Outcome): void {
    this.#end(operation, outcome)
  }

  endRead(operation: number, value: number): void {
    this.#values[operation] = value
    this.#end(operation, 'acknowledged')
  }

  /** A read without an answer is left out. */
  failRead(operation: number): void {
    this.#end(operation, 'failed')
  }

  /** @returns the operation and whether the event is its end */
  event(index: number): { operation: number; isEnd: boolean } {
    const code = this.#events[index] as number
    return { operation: code >>> 1, isEnd: (code & 1) === 1 }
  }

  isWrite(operation: number): boolean {
    return this.#kinds[operation] === WRITE
  }

  registerOf(operation: number): number {
    return this.#registers[operation] as number
  }

  valueAt(operation: number): number {
    return this.#values[operation] as number
  }

  startOf(operation: number): number {
    return this.#starts[operation] as number
  }

  endOf(operation: number): number {
    return this.#ends[operation] as number
  }

  /** Undefined while it is in progress. */
  outcomeOf(operation: number): Outcome | undefined {
    return OUTCOMES[(this.#outcomes[operation] as number) - 1]
  }

  #begin(kind: number, register: number, value: number): number {
    if (register >= this.registers) throw new RangeError(`there is no register ${register}`)
    const operation = this.#count++
    if (operation === this.#kinds.length) this.#grow()
    this.#kinds[operation] = kind
    this.#registers[operation] = register
    this.#values[operation] = value
    this.#starts[operation] = this.#now()
    this.#events[this.#eventCount++] = operation * 2
    return operation
  }

  #end(operation: number, outcome: Outcome): void {
    if (this.#outcomes[operation] !== PENDING) throw new Error(`operation ${operation} has ended already`)
    this.#outcomes[operation] = OUTCOMES.indexOf(outcome) + 1
    this.#ends[operation] = this.#now()
    this.#events[this.#eventCount++] = operation * 2 + 1
  }

  #grow(): void {
    const capacity = this.#kinds.length * 2
    this.#kinds = enlarged(this.#kinds, new Uint8Array(capacity))
    this.#outcomes = enlarged(this.#outcomes, new Uint8Array(capacity))
    this.#registers = enlarged(this.#registers, new Uint32Array(capacity))
    this.#values = enlarged(this.#values, new Uint32Array(capacity))
    this.#starts = enlarged(this.#starts, new Float64Array(capacity))
    this.#ends = enlarged(this.#ends, new Float64Array(capacity))
    this.#events = enlarged(this.#events, new Uint32Array(capacity * 2))
  }
}

function enlarged<A extends Uint8Array | Uint32Array | Float64Array>(from: A, to: A): A {
  to.set(from)
  return to
}
