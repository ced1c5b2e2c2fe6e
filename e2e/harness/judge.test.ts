import t from 'tap'
import { History, type Outcome } from './history.ts'
import { describeViolation, findViolations, type ViolationKind } from './judge.ts'

/** A history whose clock ticks once per event. */
function ticking(registers: number): History {
  let time = 0
  return new History(registers, () => ++time)
}

function write(history: History, register = 0, outcome: Outcome = 'acknowledged'): void {
  history.endWrite(history.beginWrite(register), outcome)
}

function read(history: History, value: number, register = 0): void {
  history.endRead(history.beginRead(register), value)
}

function kinds(history: History): ViolationKind[] {
  return findViolations(history).map(({ kind }) => kind)
}

t.test('a read that shows the last acknowledged value is right', async (t) => {
  const history = ticking(1)
  read(history, 0)
  write(history)
  read(history, 1)
  t.same(kinds(history), [])
})

t.test('a read that began after an acknowledgement and misses it is stale', async (t) => {
  const history = ticking(2)
  write(history)
  read(history, 0, 1)
  read(history, 0)
  const violations = findViolations(history)
  t.match(violations, [{ kind: 'stale' }])
  t.equal(
    describeViolation(history, violations[0] as (typeof violations)[0]),
    'stale: register 0: a read at 5.0..6.0 ms showed 0, but 1 had been acknowledged at 1.0..2.0 ms',
  )
})

t.test('a read that overlaps a write may show it or not', async (t) => {
  for (const value of [0, 1]) {
    const history = ticking(1)
    const writing = history.beginWrite(0)
    const reading = history.beginRead(0)
    history.endWrite(writing, 'acknowledged')
    history.endRead(reading, value)
    t.same(kinds(history), [])
  }
})

t.test('once a read has shown a write in progress no later read may miss it', async (t) => {
  const history = ticking(1)
  history.beginWrite(0)
  const early = history.beginRead(0)
  read(history, 1)
  history.endRead(early, 0)
  t.same(kinds(history), [], 'the early read had begun before')
  read(history, 0)
  t.same(kinds(history), ['went back'])
})

t.test('an unknown write may take effect late, and then stays', async (t) => {
  const history = ticking(1)
  write(history, 0, 'unknown')
  read(history, 0)
  read(history, 0)
  read(history, 1)
  t.same(kinds(history), [])
  read(history, 0)
  t.same(kinds(history), ['went back'])
})

t.test('an unknown write is no reason to expect its value', async (t) => {
  const history = ticking(1)
  write(history, 0, 'unknown')
  write(history)
  read(history, 2)
  t.same(kinds(history), [])
})

t.test('a value that nobody had begun to write is invented', async (t) => {
  const history = ticking(1)
  read(history, 1)
  write(history)
  t.same(kinds(history), ['invented'])
})

t.test('a refused write must never be seen', async (t) => {
  const history = ticking(1)
  write(history, 0, 'failed')
  read(history, 1)
  t.same(kinds(history), ['invented'])
})

t.test('reads without an answer say nothing', async (t) => {
  const history = ticking(1)
  write(history)
  history.failRead(history.beginRead(0))
  history.beginRead(0)
  t.same(kinds(history), [])
})

t.test('an operation that ends twice is an error', async (t) => {
  const history = ticking(1)
  const operation = history.beginRead(0)
  history.endRead(operation, 0)
  t.throws(() => history.failRead(operation), /has ended already/)
  t.throws(() => history.beginRead(1), RangeError)
})

/** Mulberry32: tests that fail can be repeated. */
function random(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let x = Math.imul(state ^ (state >>> 15), 1 | state)
    x = (x + Math.imul(x ^ (x >>> 7), 61 | x)) ^ x
    return ((x ^ (x >>> 14)) >>> 0) % below
  }
}

/** Operations that overlap at random and show values around the right ones. */
function randomHistory(seed: number, events: number): History {
  const below = random(seed)
  const history = ticking(2)
  const open: number[] = []
  const written = [0, 0]
  for (let i = 0; i < events; i++) {
    if (open.length > 0 && below(2) === 0) {
      const operation = open.splice(below(open.length), 1)[0] as number
      const outcome = (['acknowledged', 'acknowledged', 'unknown', 'failed'] as const)[below(4)] as Outcome
      const last = written[history.registerOf(operation)] as number
      if (history.isWrite(operation)) history.endWrite(operation, outcome)
      else if (below(10) === 0) history.failRead(operation)
      else history.endRead(operation, Math.max(0, last + 1 - below(3)))
    } else {
      const register = below(2)
      const writes = below(3) === 0
      if (writes) written[register] = (written[register] as number) + 1
      open.push(writes ? history.beginWrite(register) : history.beginRead(register))
    }
  }
  return history
}

/** The definition, word for word: every read against every other operation. */
function bruteForce(history: History): string[] {
  const all = Array.from({ length: history.operations }, (_, operation) => operation)
  const ended = (operation: number) => history.outcomeOf(operation) === 'acknowledged'
  const found: { read: number; kind: ViolationKind }[] = []
  for (const read of all.filter((operation) => !history.isWrite(operation) && ended(operation))) {
    const value = history.valueAt(read)
    const same = all.filter((operation) => history.registerOf(operation) === history.registerOf(read))
    const before = same.filter((other) => ended(other) && history.endOf(other) < history.startOf(read))
    const writes = same.filter((other) => history.isWrite(other) && history.valueAt(other) === value)
    const possible = writes.some(
      (other) => history.startOf(other) < history.endOf(read) && history.outcomeOf(other) !== 'failed',
    )
    if (value !== 0 && !possible) found.push({ read, kind: 'invented' })
    else if (before.some((other) => history.isWrite(other) && history.valueAt(other) > value)) {
      found.push({ read, kind: 'stale' })
    } else if (before.some((other) => !history.isWrite(other) && history.valueAt(other) > value)) {
      found.push({ read, kind: 'went back' })
    }
  }
  return found.map(({ read, kind }) => `${read} ${kind}`).toSorted()
}

t.test('the sweep finds what the definition finds, in 400 random histories', async (t) => {
  const seen = new Set<ViolationKind>()
  for (let seed = 1; seed <= 400; seed++) {
    const history = randomHistory(seed, 20 + (seed % 120))
    const violations = findViolations(history)
    for (const { kind } of violations) seen.add(kind)
    const swept = violations.map(({ read, kind }) => `${read} ${kind}`).toSorted()
    if (swept.join() !== bruteForce(history).join())
      t.same(swept, bruteForce(history), `history of seed ${seed}`)
  }
  t.same([...seen].toSorted(), ['invented', 'stale', 'went back'], 'each kind of violation occurred')
})

t.test('judging two million operations costs seconds of a processor, not minutes', async (t) => {
  const history = new History(200)
  const values = new Uint32Array(200)
  for (let i = 0; i < 2_000_000; i++) {
    const register = i % 200
    if (i % 10 === 0) {
      write(history, register)
      values[register] = (values[register] as number) + 1
    } else read(history, values[register] as number, register)
  }
  const before = process.cpuUsage()
  t.same(findViolations(history), [])
  const seconds = process.cpuUsage(before).user / 1e6
  t.comment(`${history.operations} operations in ${seconds.toFixed(2)} s`)
  t.ok(seconds < 10)
})
