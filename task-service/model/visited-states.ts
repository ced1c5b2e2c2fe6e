/**
 * Writes one state as a row of small unsigned fields, packed into 32-bit words. A field never straddles two words,
 * so two states are equal exactly when their words are.
 */
export class StateKey {
  readonly words: Int32Array
  #word = 0
  #bit = 0

  constructor(words: number) {
    this.words = new Int32Array(words)
  }

  clear(): void {
    this.words.fill(0)
    this.#word = 0
    this.#bit = 0
  }

  /** Appends `value`, which must be an integer in 0 .. 2^bits - 1 with bits <= 31; throws when it is not. */
  put(value: number, bits: number): void {
    if (value < 0 || value >= 2 ** bits) throw new RangeError(`${value} does not fit in ${bits} bits`)
    if (this.#bit + bits > 32) {
      this.#word++
      this.#bit = 0
    }
    if (this.#word >= this.words.length) throw new RangeError('the state key has too few words')
    this.words[this.#word] = (this.words[this.#word] as number) | (value << this.#bit)
    this.#bit += bits
  }
}

/**
 * Every state seen so far, in the order of discovery, with the state it was first reached from.
 * Exact (whole keys are compared), and flat typed arrays because a run visits tens of millions of states.
 */
export class VisitedStates {
  readonly #words: number
  #count = 0
  #keys: Int32Array
  #parents: Int32Array
  #slots: Int32Array

  constructor(wordsPerKey: number) {
    this.#words = wordsPerKey
    this.#keys = new Int32Array(wordsPerKey * 1024)
    this.#parents = new Int32Array(1024)
    this.#slots = new Int32Array(4096)
  }

  get count(): number {
    return this.#count
  }

  parentOf(index: number): number {
    return this.#parents[index] as number
  }

  /** The index of a known state, or -1. */
  find(key: StateKey): number {
    return (this.#slots[this.#slotFor(key.words)] as number) - 1
  }

  /** True when the state is new; it is then known under the index `count - 1`. */
  add(key: StateKey, parent: number): boolean {
    const slot = this.#slotFor(key.words)
    if (this.#slots[slot] !== 0) return false
    if ((this.#count + 1) * this.#words > this.#keys.length) this.#growRows()
    this.#keys.set(key.words, this.#count * this.#words)
    this.#parents[this.#count] = parent
    this.#count++
    this.#slots[slot] = this.#count
    if (this.#count * 2 > this.#slots.length) this.#growSlots()
    return true
  }

  #slotFor(words: Int32Array): number {
    const mask = this.#slots.length - 1
    let slot = hash(words) & mask
    while (this.#slots[slot] !== 0 && !this.#holds((this.#slots[slot] as number) - 1, words))
      slot = (slot + 1) & mask
    return slot
  }

  #holds(index: number, words: Int32Array): boolean {
    const start = index * this.#words
    for (let i = 0; i < this.#words; i++) if (this.#keys[start + i] !== words[i]) return false
    return true
  }

  #growRows(): void {
    const keys = new Int32Array(this.#keys.length * 2)
    keys.set(this.#keys)
    this.#keys = keys
    const parents = new Int32Array(this.#parents.length * 2)
    parents.set(this.#parents)
    this.#parents = parents
  }

  #growSlots(): void {
    this.#slots = new Int32Array(this.#slots.length * 2)
    for (let index = 0; index < this.#count; index++) {
      const start = index * this.#words
      this.#slots[this.#slotFor(this.#keys.subarray(start, start + this.#words))] = index + 1
    }
  }
}

/** Word-wise mixing in the manner of MurmurHash3: neighbouring states differ in a bit or two. */
function hash(words: Int32Array): number {
  let h = 0x9747b28c
  for (const word of words) {
    h ^= Math.imul(word, 0xcc9e2d51)
    h = Math.imul((h << 13) | (h >>> 19), 5) + 0xe6546b64
  }
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return h ^ (h >>> 16)
}
