import { EMPTY } from './entries.ts'
import { stepsOfEnvironment } from './epoch-environment.ts'
import { writeEpochKey } from './epoch-key.ts'
import { IDLE_READER, stepsOfReader } from './epoch-reads.ts'
import { ALL_RULES, type Faults, FIRST_RUN, NO_FAULTS, OFF, type Rules, type System } from './epoch-state.ts'
import { stepsOfWriter } from './epoch-writes.ts'
import type { Model } from './explorer.ts'
import { NOTHING_TOLD } from './promises.ts'

export interface Size {
  /** For each instance, how many readers and writers it serves. */
  readonly instances: readonly { readonly readers: number; readonly writers: number }[]
  /** In one execution, by whichever reader. */
  readonly reads: number
  /** Epochs there may be in one execution: 3 = the cache is turned off and on again. */
  readonly lastEpoch: number
}

const IDLE_WRITER = { next: 'begin', epoch: 0, alone: false, version: 0, page: 0 } as const

/** The protocol of the service: marks and leases in Redis, under epochs in the database. */
export function epochModel(
  size: Size,
  faults: Partial<Faults> = {},
  rules: Partial<Rules> = {},
): Model<System> {
  const actors = (kind: 'readers' | 'writers') =>
    size.instances.flatMap((instance, i) => Array.from({ length: instance[kind] }, () => i))
  return {
    name: 'mark, write, unmark under epoch leases',
    words: 3 + size.instances.length + actors('readers').length + actors('writers').length,
    initial: {
      rules: { ...ALL_RULES, ...rules },
      lastEpoch: size.lastEpoch,
      document: { epoch: 1, runs: [OFF, FIRST_RUN], settled: true },
      entries: Array.from({ length: size.lastEpoch + 1 }, () => EMPTY),
      firstRunAlive: true,
      instances: size.instances.map(() => ({ lease: { epoch: 1, settled: true }, reaches: FIRST_RUN })),
      readers: actors('readers').map((instance) => ({ instance, ...IDLE_READER })),
      writers: actors('writers').map((instance) => ({ instance, ...IDLE_WRITER })),
      readsLeft: size.reads,
      committed: 0,
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
