import { EMPTY } from './entries.ts'
import { stepsOfEnvironment } from './epoch-environment.ts'
import { writeEpochKey } from './epoch-key.ts'
import { IDLE_READER, stepsOfReader } from './epoch-reads.ts'
import {
  ALL_RULES,
  type Faults,
  FIRST_RUN,
  NO_FAULTS,
  OFF,
  type Rules,
  type System,
  type Writer,
  type WriterKind,
} from './epoch-state.ts'
import { stepsOfWriter } from './epoch-writes.ts'
import type { Model } from './explorer.ts'
import { NOTHING_TOLD } from './promises.ts'

export interface Size {
  /** For each instance, how many readers and writers it serves; of the writers, those with a key and those of several commits. */
  readonly instances: readonly {
    readonly readers: number
    readonly writers: number
    readonly keyed?: number
    readonly bulk?: number
  }[]
  /** In one execution, by whichever reader. */
  readonly reads: number
  /** Epochs there may be in one execution: 3 = the cache is turned off and on again. */
  readonly lastEpoch: number
}

const IDLE_WRITER = {
  next: 'begin',
  epoch: 0,
  alone: false,
  version: 0,
  page: 0,
  unknown: false,
  pending: false,
} as const
const BULK_COMMITS = 2

function writersOf({ instances }: Size): Writer[] {
  const some = (instance: number, kind: WriterKind, count = 0) =>
    Array.from({ length: count }, () => ({
      instance,
      kind,
      left: kind === 'bulk' ? BULK_COMMITS : 1,
      ...IDLE_WRITER,
    }))
  return instances.flatMap(({ writers, keyed, bulk }, i) => [
    ...some(i, 'one', writers),
    ...some(i, 'keyed', keyed),
    ...some(i, 'bulk', bulk),
  ])
}

/** The protocol of the service: marks and leases in Redis, under epochs in the database. */
export function epochModel(
  size: Size,
  faults: Partial<Faults> = {},
  rules: Partial<Rules> = {},
): Model<System> {
  const readers = size.instances.flatMap((instance, i) => Array.from({ length: instance.readers }, () => i))
  const writers = writersOf(size)
  return {
    name: 'mark, write, unmark under epoch leases',
    words: 3 + size.instances.length + readers.length + writers.length,
    initial: {
      rules: { ...ALL_RULES, ...rules },
      lastEpoch: size.lastEpoch,
      document: { epoch: 1, runs: [OFF, FIRST_RUN], settled: true },
      entries: Array.from({ length: size.lastEpoch + 1 }, () => EMPTY),
      firstRunAlive: true,
      instances: size.instances.map(() => ({ lease: { epoch: 1, settled: true }, reaches: FIRST_RUN })),
      readers: readers.map((instance) => ({ instance, ...IDLE_READER })),
      writers,
      readsLeft: size.reads,
      committed: 0,
      keyed: { version: 0, announced: false },
      told: NOTHING_TOLD,
      faults: { ...NO_FAULTS, ...faults },
    },
    writeKey: writeEpochKey,
    steps: (system) => [
      ...system.readers.flatMap((_, i) => stepsOfReader(system, i)),
      ...system.writers.flatMap((_, i) => stepsOfWriter(system, i)),
      ...stepsOfEnvironment(system),
    ],
  }
}
