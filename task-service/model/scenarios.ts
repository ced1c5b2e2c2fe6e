import { epochModel, type Size } from './epoch-model.ts'
import type { Faults as EpochFaults, Rules } from './epoch-state.ts'
import { type Exploration, explore, type Limits, type Property } from './explorer.ts'
import { type Options as LeaseOptions, leaseModel } from './lease-model.ts'
import {
  leaseAndDelete,
  markUnmark,
  markUnmarkConfirming,
  markUnmarkDeleting,
  markWithoutTaint,
} from './mark-protocols.ts'
import { deleteAfterWrite, deleteBeforeAndAfter, newerVersionWins, writeThrough } from './naive-protocols.ts'
import { type Faults, oneRedisModel, type Protocol } from './one-redis.ts'

/** One row of the table: a protocol, the faults it meets, and what is known of it. */
export interface Scenario {
  readonly protocol: string
  readonly faults: string
  /** What the protocol breaks under these faults; anything more, or less, is a finding. */
  readonly breaks: readonly Property[]
  /** Shows what goes wrong without one of the rules, so its counterexample is printed. */
  readonly isControl: boolean
  run(limits?: Limits): Exploration
}

const ALONE: readonly Property[] = ['monotonic']
const BOTH: readonly Property[] = ['fresh', 'monotonic']

function describeFaults(faults: Readonly<Record<string, number | undefined>>): string {
  const named = Object.entries(faults).map(([name, count]) => (count === 1 ? name : `${count} ${name}`))
  return named.length === 0 ? 'none' : named.join(', ')
}

interface OneRedisRow {
  readonly faults?: Partial<Faults>
  readonly breaks?: readonly Property[]
  readonly isControl?: boolean
}

function oneRedis(
  protocol: Protocol,
  { faults = {}, breaks = [], isControl = false }: OneRedisRow,
  readers = 2,
): Scenario {
  const size = { readers, readsEach: 2, writers: 2 }
  return {
    protocol: protocol.name,
    faults: describeFaults(faults),
    breaks,
    isControl,
    run: (limits) => explore(oneRedisModel(protocol, size, faults), limits),
  }
}

interface EpochRow {
  readonly faults?: Partial<EpochFaults>
  readonly breaks?: readonly Property[]
  readonly rules?: Partial<Rules>
  readonly without?: string
}

/** `k`: creations with one key. `b`: several commits under one mark. */
function shapeOf({ readers, writers, keyed = 0, bulk = 0 }: Size['instances'][number]): string {
  return `${readers}r${writers}w${keyed > 0 ? `${keyed}k` : ''}${bulk > 0 ? `${bulk}b` : ''}`
}

function epochs(size: Size, { faults = {}, breaks = [], rules = {}, without }: EpochRow): Scenario {
  const shape = size.instances.map(shapeOf).join(' | ')
  return {
    protocol: `epoch leases (${shape}, ${size.reads} reads)${without === undefined ? '' : ` ${without}`}`,
    faults: describeFaults(faults),
    breaks,
    isControl: without !== undefined && breaks.length > 0 && !rules.commitInTime,
    run: (limits) => explore(epochModel(size, faults, rules), limits),
  }
}

/** What the epochs of the rows above take for granted, shown of the service's own decisions. */
function decisions(options: LeaseOptions, without?: string): Scenario {
  const { lastEpoch = 3, runs = ['A'], failures = 0 } = options
  return {
    protocol: `epoch decisions (${lastEpoch} epochs, ${runs.length} Redis)${without === undefined ? '' : ` ${without}`}`,
    faults: describeFaults(failures > 0 ? { failures } : {}),
    breaks: without === undefined ? [] : BOTH,
    isControl: without !== undefined,
    run: (limits) => explore(leaseModel(options), limits),
  }
}

const EVICTION = { evictions: 1 }
const CRASH = { crashes: 1 }
const LOSS = { losses: 1 }
const FAILOVER = { failovers: 1 }
const ALL = { ...EVICTION, ...CRASH, ...LOSS, ...FAILOVER }

/** Two readers with two reads each, two writers. */
const controls: readonly Scenario[] = [
  oneRedis(deleteAfterWrite, { breaks: BOTH, isControl: true }),
  oneRedis(deleteBeforeAndAfter, { breaks: BOTH, isControl: true }),
  oneRedis(writeThrough, { breaks: BOTH, isControl: true }),
  oneRedis(newerVersionWins, {}),
  oneRedis(newerVersionWins, { faults: EVICTION, breaks: BOTH, isControl: true }),
  oneRedis(leaseAndDelete, { breaks: ALONE, isControl: true }),
  oneRedis(leaseAndDelete, { faults: LOSS, breaks: BOTH, isControl: true }),
  oneRedis(markWithoutTaint, { breaks: BOTH, isControl: true }),
]

/** A mark that goes before its write costs `monotonic`, and `fresh` is kept; where reads confirm, both are. */
function marks(readers = 2): Scenario[] {
  return [markUnmark, markUnmarkDeleting, markUnmarkConfirming].flatMap((protocol) => {
    const breaks = protocol === markUnmarkConfirming ? [] : ALONE
    return [
      oneRedis(protocol, {}, readers),
      oneRedis(protocol, { faults: EVICTION, breaks }, readers),
      oneRedis(protocol, { faults: CRASH }, readers),
      oneRedis(protocol, { faults: LOSS }, readers),
      oneRedis(protocol, { faults: FAILOVER, breaks }, readers),
      oneRedis(protocol, { faults: ALL, breaks }, readers),
    ]
  })
}

const apart: Size = {
  instances: [
    { readers: 1, writers: 0 },
    { readers: 0, writers: 1 },
  ],
  reads: 2,
  lastEpoch: 3,
}
const shared: Size = {
  instances: [
    { readers: 1, writers: 1 },
    { readers: 1, writers: 0 },
  ],
  reads: 2,
  lastEpoch: 3,
}
const twoWriters: Size = {
  instances: [
    { readers: 1, writers: 1 },
    { readers: 0, writers: 1 },
  ],
  reads: 2,
  lastEpoch: 3,
}

const NONE = { readers: 0, writers: 0 }
/** A creation and its repetition, through two instances. */
const repeated: Size = {
  instances: [
    { readers: 1, writers: 0, keyed: 1 },
    { ...NONE, keyed: 1 },
  ],
  reads: 2,
  lastEpoch: 3,
}
/** Two commits under one mark. */
const several: Size = {
  instances: [
    { readers: 1, writers: 0 },
    { ...NONE, bulk: 1 },
  ],
  reads: 3,
  lastEpoch: 3,
}
/** Small enough for every build: the cache stays on. */
const inOneEpoch = (size: Size): Size => ({ ...size, lastEpoch: 1 })

const newWrites: readonly Scenario[] = [
  ...[{}, { crashes: 1 }, { timeouts: 1 }, { losses: 1 }].map((faults) =>
    epochs(inOneEpoch(repeated), { faults }),
  ),
  ...[{}, { crashes: 1 }, { timeouts: 1 }, { losses: 1 }].map((faults) =>
    epochs(inOneEpoch(several), { faults }),
  ),
]

const newWriteControls: readonly Scenario[] = [
  epochs(inOneEpoch(repeated), {
    faults: { crashes: 1, evictions: 1 },
    breaks: BOTH,
    rules: { announceRepeats: false },
    without: 'without announcing what a repetition finds',
  }),
  epochs(inOneEpoch(several), {
    faults: { timeouts: 1 },
    breaks: ALONE,
    rules: { abandonUnknown: false },
    without: 'without abandoning a mark for one unknown outcome of several',
  }),
]

const epochControls: readonly Scenario[] = [
  epochs(apart, { breaks: BOTH, rules: { checkLease: false }, without: 'without the lease check' }),
  epochs(apart, {
    breaks: BOTH,
    rules: { waitForLeases: false },
    without: 'without waiting for older leases',
  }),
  epochs(apart, {
    faults: { disconnections: 1 },
    breaks: BOTH,
    rules: { compareRunId: false },
    without: 'without comparing run ids',
  }),
]

const decisionControls: readonly Scenario[] = [
  decisions({ clocks: 'withoutMargin' }, 'without the margin between clocks'),
  decisions({ clocks: 'impatient' }, 'without waiting for a whole lease'),
]

const EPOCH_FAULTS: readonly Partial<EpochFaults>[] = [
  {},
  { losses: 1 },
  { disconnections: 1 },
  { restarts: 1 },
  { evictions: 1 },
  { crashes: 1 },
  { timeouts: 1 },
]

/** What runs with every build: half a minute on a small machine. */
export const smallScenarios: readonly Scenario[] = [
  ...controls,
  ...marks(),
  ...EPOCH_FAULTS.map((faults) => epochs(apart, { faults })),
  epochs(apart, { rules: { confirmReads: false }, without: 'without CONFIRM' }),
  epochs(shared, {}),
  ...newWrites,
  ...newWriteControls,
  ...epochControls,
  decisions({}),
  ...decisionControls,
]

const three: Size = { ...shared, reads: 3 }
const inTime = { rules: { commitInTime: true }, without: 'commits in time' }
const unconfirmed = {
  rules: { commitInTime: true, confirmReads: false },
  without: 'commits in time, without CONFIRM',
}

/**
 * What `make model` runs. Three reads on two instances are enough to see a list go back under epochs: a write that takes
 * effect after its lease has run out, or whose mark was evicted, is seen by a reader that has no cache to go by.
 * No 2xx was given for it, so `fresh` holds.
 */
export const exhaustiveScenarios: readonly Scenario[] = [
  ...controls,
  ...marks(3),
  ...EPOCH_FAULTS.map((faults) => epochs(apart, { faults })),
  epochs(apart, { faults: { losses: 1, restarts: 1, evictions: 1 } }),
  epochs(apart, { faults: { losses: 1, disconnections: 1, crashes: 1 } }),
  ...EPOCH_FAULTS.map((faults) => epochs(shared, { faults })),
  epochs(three, { breaks: ALONE }),
  epochs(three, { faults: { restarts: 1 }, breaks: ALONE }),
  ...[{}, { losses: 1 }, { restarts: 1 }].flatMap((faults) => [
    epochs(three, { faults, ...inTime }),
    epochs(three, { faults, ...unconfirmed }),
  ]),
  epochs(three, { faults: { evictions: 1 }, ...inTime, breaks: ALONE }),
  epochs(twoWriters, { ...inTime }),
  epochs(twoWriters, { breaks: ALONE }),
  epochs(twoWriters, { faults: { evictions: 1 }, breaks: ALONE }),
  epochs({ ...twoWriters, reads: 1 }, { faults: { losses: 1 } }),
  ...[repeated, { ...several, reads: 2 }].flatMap((size) =>
    [{}, { crashes: 1 }, { timeouts: 1 }].map((faults) => epochs(size, { faults })),
  ),
  ...newWrites,
  ...newWriteControls,
  ...epochControls,
  decisions({ runs: ['A', 'B'] }),
  decisions({ lastEpoch: 5 }),
  decisions({ failures: 1 }),
  decisions({ failures: 2, lastEpoch: 4, runs: ['A', 'B'] }),
  ...decisionControls,
]
