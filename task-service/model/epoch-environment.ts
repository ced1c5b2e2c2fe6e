import { describe, EMPTY } from './entries.ts'
import {
  FIRST_RUN,
  instanceOf,
  OFF,
  propose,
  SECOND_RUN,
  type System,
  setEntry,
  setInstance,
  spend,
} from './epoch-state.ts'
import type { Step } from './explorer.ts'
import { stepOf } from './promises.ts'

/** What happens around readers and writers: leases and epochs come and go, connections and Redis fail. */
export function stepsOfEnvironment(system: System): Step<System>[] {
  return [
    ...system.instances.flatMap((_, i) => [...leaseSteps(system, i), ...connectionSteps(system, i)]),
    ...documentSteps(system),
    ...redisSteps(system),
  ]
}

function leaseSteps(system: System, i: number): Step<System>[] {
  const { lease } = instanceOf(system, i)
  const { epoch, settled } = system.document
  const steps: Step<System>[] = []
  if (lease)
    steps.push(
      stepOf(`lease of i${i} on epoch ${lease.epoch} expires`, setInstance(system, i, { lease: undefined })),
    )
  // The grant counts from the moment the database answers; it is used later, but ends as if it had been used at once.
  if (lease?.epoch !== epoch || lease.settled !== settled) {
    const label = `i${i} renews: lease on epoch ${epoch}${settled ? '' : ', not settled'}`
    steps.push(stepOf(label, setInstance(system, i, { lease: { epoch, settled } })))
  }
  return steps
}

/**
 * Epochs change at any time: whoever may propose one, the protocol has to bear it. Turning the cache on again
 * follows only a settled `off`.
 */
function documentSteps(system: System): Step<System>[] {
  const { epoch, runs, settled } = system.document
  const steps: Step<System>[] = []
  if (!settled && (!system.rules.waitForLeases || noLeaseBefore(system, epoch))) {
    const label = `epoch ${epoch} is settled: every older lease has run out`
    steps.push(stepOf(label, { ...system, document: { ...system.document, settled: true } }))
  }
  if (epoch === system.lastEpoch) return steps
  if (runs[epoch] !== OFF) steps.push(stepOf(`epoch ${epoch + 1}: off`, propose(system, epoch, OFF)))
  else if (settled) {
    for (const run of system.firstRunAlive ? [FIRST_RUN, SECOND_RUN] : [SECOND_RUN]) {
      steps.push(stepOf(`epoch ${epoch + 1}: cache in run ${run}`, propose(system, epoch, run)))
    }
  }
  return steps
}

/** Stands for waiting a whole lease from the moment an epoch was first seen, with clocks that run equally fast. */
function noLeaseBefore(system: System, epoch: number): boolean {
  return system.instances.every(({ lease }) => lease === undefined || lease.epoch >= epoch)
}

function connectionSteps(system: System, i: number): Step<System>[] {
  const { reaches } = instanceOf(system, i)
  if (reaches !== undefined) {
    if (system.faults.disconnections === 0) return []
    return [
      stepOf(
        `i${i} LOSES ITS CONNECTION`,
        setInstance(spend(system, 'disconnections'), i, { reaches: undefined }),
      ),
    ]
  }
  return (system.firstRunAlive ? [FIRST_RUN, SECOND_RUN] : [SECOND_RUN]).map((run) =>
    stepOf(`i${i} is connected to run ${run}`, setInstance(system, i, { reaches: run })),
  )
}

function redisSteps(system: System): Step<System>[] {
  const steps: Step<System>[] = []
  if (system.faults.restarts > 0 && system.firstRunAlive)
    steps.push(stepOf('RESTART of Redis: run 1 ends', endFirstRun(system)))
  if (system.faults.evictions > 0) {
    for (const [slot, entry] of system.entries.entries()) {
      if (entry.kind === 'empty') continue
      steps.push(
        stepOf(`EVICTION of the ${describe(entry)}`, setEntry(spend(system, 'evictions'), slot, EMPTY)),
      )
    }
  }
  return steps
}

function endFirstRun(system: System): System {
  const instances = system.instances.map((one) =>
    one.reaches === FIRST_RUN ? { ...one, reaches: undefined } : one,
  )
  const entries = system.entries.map((entry, slot) => (slot % 2 === 0 ? EMPTY : entry))
  return { ...spend(system, 'restarts'), firstRunAlive: false, instances, entries }
}
