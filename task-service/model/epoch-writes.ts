import { abandon, describe, type Entry, mark, unmark } from './entries.ts'
import {
  instanceOf,
  leaseHolds,
  OFF,
  propose,
  reachableSlot,
  rightsOf,
  type System,
  setEntry,
  spend,
  type Writer,
} from './epoch-state.ts'
import type { Step } from './explorer.ts'
import { acknowledge, stepOf } from './promises.ts'

/**
 * Everything that writer `i` may do next. A 503 whose mark nobody takes away is a writer that does nothing more, so it
 * needs no step of its own.
 */
export function stepsOfWriter(system: System, i: number): Step<System>[] {
  const writer = system.writers[i] as Writer
  const steps = protocolSteps(system, i, writer)
  return system.faults.crashes > 0 ? [...steps, ...crash(system, i, writer)] : steps
}

function protocolSteps(system: System, i: number, writer: Writer): Step<System>[] {
  switch (writer.next) {
    case 'begin':
      return begin(system, i, writer)
    case 'commit':
      return commit(system, i, writer)
    case 'load':
      return [
        stepOf(
          `w${i} loads v${system.committed}`,
          setWriter(system, i, { next: 'unmark', page: system.committed }),
        ),
      ]
    case 'unmark':
      return unmarkEntry(system, i, writer)
    case 'check':
      return [check(system, i, writer)]
    case 'again':
      return again(system, i, writer)
    case 'late unmark':
      return unmarkLate(system, i, writer)
    case 'abandon':
      return abandonEntry(system, i, writer, 'done')
    case 'abandon under way':
      return [...abandonEntry(system, i, writer, 'commit under way'), reachDatabase(system, i, 'abandon')]
    case 'commit under way':
      return [reachDatabase(system, i, 'crashed')]
    case 'crashed':
    case 'done':
      return []
  }
}

/** Directly under a settled `off`; else with a mark, for which the epoch need not be settled; else it has to wait. */
function begin(system: System, i: number, { instance }: Writer): Step<System>[] {
  const { lease } = instanceOf(system, instance)
  if (!lease || !rightsOf(system, lease).mayWrite) return []
  const { epoch, settled } = lease
  if (system.document.runs[epoch] === OFF)
    return [stepOf(`w${i} begins under epoch ${epoch}, off`, setWriter(system, i, { next: 'commit', epoch }))]
  const slot = reachableSlot(system, instance, epoch)
  const steps = slot === undefined ? [] : [beginMarked(system, i, epoch, settled, slot)]
  if (slot !== undefined && system.faults.losses > 0) steps.push(...loseMark(system, i, epoch, slot))
  if (slot === undefined) steps.push(...proposeOff(system, i, epoch, 'does not reach Redis'))
  return steps
}

function beginMarked(system: System, i: number, epoch: number, settled: boolean, slot: number): Step<System> {
  const before = system.entries[slot] as Entry
  const alone = settled && before.kind !== 'mark'
  const marked = setEntry(system, slot, mark(before, i).entry)
  return stepOf(`w${i} MARK under epoch ${epoch}`, setWriter(marked, i, { next: 'commit', epoch, alone }))
}

/** Before its deadline the instance has the cache turned off; past it, as after a freeze, it proposes nothing. */
function loseMark(system: System, i: number, epoch: number, slot: number): Step<System>[] {
  const spent = spend(system, 'losses')
  const marked = setEntry(spent, slot, mark(system.entries[slot] as Entry, i).entry)
  return [
    ...proposeOff(spent, i, epoch, 'MARK is LOST'),
    ...proposeOff(marked, i, epoch, 'MARK is done, its answer LOST'),
    giveUp(spent, i, epoch, 'MARK is LOST, past the deadline'),
    giveUp(marked, i, epoch, 'MARK is done, its answer LOST, past the deadline'),
  ]
}

function giveUp(system: System, i: number, epoch: number, why: string): Step<System> {
  const after = { next: 'late unmark', epoch, version: 0, alone: false, page: 0 } as const
  return stepOf(`w${i} ${why}: 503`, setWriter(system, i, after))
}

function unmarkLate(system: System, i: number, { instance, epoch }: Writer): Step<System>[] {
  const slot = reachableSlot(system, instance, epoch)
  if (slot === undefined) return []
  const { entry } = unmark(system.entries[slot] as Entry, i, undefined)
  const after = setWriter(setEntry(system, slot, entry), i, { next: 'done', epoch: 0 })
  return [stepOf(`w${i} late UNMARK under epoch ${epoch} leaves: ${describe(entry)}`, after)]
}

/** The proposal changes nothing where another instance was faster; where it is already made there is nothing to do. */
function proposeOff(system: System, i: number, epoch: number, why: string): Step<System>[] {
  return [stepOf(`w${i} ${why}, proposes off`, propose(system, epoch, OFF))]
}

/** Whatever becomes of the lease meanwhile, the write may still take effect. */
function commit(system: System, i: number, writer: Writer): Step<System>[] {
  const late = instanceOf(system, writer.instance).lease?.epoch !== writer.epoch
  if (late && system.rules.commitInTime) return []
  const version = system.committed + 1
  const off = system.document.runs[writer.epoch] === OFF
  const next = off ? 'check' : writer.alone ? 'load' : 'unmark'
  const steps = [
    stepOf(`w${i} commits v${version}`, { ...setWriter(system, i, { next, version }), committed: version }),
  ]
  return system.faults.timeouts > 0 && !off ? [...steps, ...timeOut(system, i, writer)] : steps
}

/** 503 outcome_unknown: the write has been made, or is still under way. */
function timeOut(system: System, i: number, { epoch }: Writer): Step<System>[] {
  const spent = spend(system, 'timeouts')
  const version = system.committed + 1
  const unknown = (next: 'abandon' | 'abandon under way') =>
    setWriter(spent, i, { next, epoch, version: 0, alone: false, page: 0 })
  return [
    stepOf(`w${i} commits v${version}, its answer is LOST: 503`, {
      ...unknown('abandon'),
      committed: version,
    }),
    stepOf(`w${i}'s commit is under way for too long: 503`, unknown('abandon under way')),
  ]
}

/** Also in the background, if Redis is not reached at once. */
function abandonEntry(
  system: System,
  i: number,
  { instance, epoch }: Writer,
  next: 'done' | 'commit under way',
): Step<System>[] {
  const slot = reachableSlot(system, instance, epoch)
  if (slot === undefined) return []
  const { entry } = abandon(system.entries[slot] as Entry, i)
  return [
    stepOf(
      `w${i} ABANDON under epoch ${epoch}`,
      setWriter(setEntry(system, slot, entry), i, { next, epoch: 0 }),
    ),
  ]
}

function reachDatabase(system: System, i: number, next: 'crashed' | 'abandon'): Step<System> {
  const version = system.committed + 1
  return stepOf(`v${version} of w${i} reaches the database`, {
    ...setWriter(system, i, { next }),
    committed: version,
  })
}

function unmarkEntry(system: System, i: number, writer: Writer): Step<System>[] {
  const { epoch } = writer
  const slot = reachableSlot(system, writer.instance, epoch)
  const again = { next: 'again', page: 0, alone: false } as const
  if (slot === undefined)
    return [
      ...proposeOff(setWriter(system, i, again), i, epoch, 'cannot UNMARK'),
      giveUp(system, i, epoch, 'cannot UNMARK, past the deadline'),
    ]
  const { entry } = unmark(system.entries[slot] as Entry, i, writer.page === 0 ? undefined : writer.page)
  const unmarked = setEntry(system, slot, entry)
  const label = `w${i} UNMARK under epoch ${epoch} leaves: ${describe(entry)}`
  const steps = [stepOf(label, setWriter(unmarked, i, { next: 'check', page: 0, alone: false }))]
  if (system.faults.losses > 0) {
    const lost = (from: System) => spend(from, 'losses')
    steps.push(...proposeOff(setWriter(lost(system), i, again), i, epoch, 'UNMARK is LOST'))
    steps.push(
      ...proposeOff(setWriter(lost(unmarked), i, again), i, epoch, 'UNMARK is done, its answer LOST'),
    )
    steps.push(giveUp(lost(system), i, epoch, 'UNMARK is LOST, past the deadline'))
    steps.push(giveUp(lost(unmarked), i, epoch, 'UNMARK is done, its answer LOST, past the deadline'))
  }
  return steps
}

/** The 2xx, if the lease is still the one that the write, or its last UNMARK, began under. */
function check(system: System, i: number, { instance, epoch }: Writer): Step<System> {
  if (leaseHolds(system, instance, epoch)) return succeed(system, i, `still holds epoch ${epoch}`)
  return stepOf(`w${i} has lost epoch ${epoch}`, setWriter(system, i, { next: 'again' }))
}

/** Committed, but not announced where readers look now: UNMARK there, or see that there is no cache. */
function again(system: System, i: number, { instance }: Writer): Step<System>[] {
  const { lease } = instanceOf(system, instance)
  if (!lease || !rightsOf(system, lease).mayWrite) return []
  if (system.document.runs[lease.epoch] !== OFF) {
    return [
      stepOf(
        `w${i} goes on under epoch ${lease.epoch}`,
        setWriter(system, i, { next: 'unmark', epoch: lease.epoch }),
      ),
    ]
  }
  return [succeed(system, i, `sees epoch ${lease.epoch}, off`)]
}

function succeed(system: System, i: number, why: string): Step<System> {
  const { version } = system.writers[i] as Writer
  const after = setWriter(system, i, { next: 'done', epoch: 0, version: 0, alone: false, page: 0 })
  return stepOf(`w${i} ${why}, 2xx for v${version}`, { ...after, told: acknowledge(system.told, version) })
}

function crash(system: System, i: number, { next }: Writer): Step<System>[] {
  if (next === 'begin' || next === 'done' || next === 'crashed') return []
  if (next === 'commit under way' || next === 'late unmark' || next.startsWith('abandon')) return []
  const after = next === 'commit' ? 'commit under way' : 'crashed'
  const dead = { next: after, epoch: 0, version: 0, alone: false, page: 0 } as const
  return [stepOf(`w${i} CRASHES`, setWriter(spend(system, 'crashes'), i, dead))]
}

function setWriter(system: System, i: number, change: Partial<Writer>): System {
  return { ...system, writers: system.writers.with(i, { ...(system.writers[i] as Writer), ...change }) }
}
