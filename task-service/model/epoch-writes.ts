import { abandon, describe, type Entry, mark, unmark } from './entries.ts'
import { answerOf, commit, isAnswered, OVER, reachDatabase, setWriter } from './epoch-commits.ts'
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
  const steps = [...protocolSteps(system, i, writer), ...reachDatabase(system, i, writer)]
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
      return abandonEntry(system, i, writer)
    case 'crashed':
    case 'done':
      return []
  }
}

/** Directly under a settled `off`; else with a mark, for which the epoch need not be settled; else it has to wait. */
function begin(system: System, i: number, { instance, kind }: Writer): Step<System>[] {
  if (kind === 'keyed' && isAnswered(system)) return [succeed(system, i, 'finds its task')]
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
  const after = { ...OVER, next: 'late unmark', epoch } as const
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

/** Also in the background, if Redis is not reached at once. What is known of several is acknowledged under a mark of its own. */
function abandonEntry(system: System, i: number, { instance, epoch, version }: Writer): Step<System>[] {
  const slot = reachableSlot(system, instance, epoch)
  if (slot === undefined) return []
  const { entry } = abandon(system.entries[slot] as Entry, i)
  const next = version === 0 ? 'done' : 'begin'
  const after = setWriter(setEntry(system, slot, entry), i, { next, epoch: 0, unknown: false })
  return [stepOf(`w${i} ABANDON under epoch ${epoch}`, after)]
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
  const { version, kind } = answerOf(system, i)
  const after = setWriter(system, i, { ...OVER, next: 'done' })
  const keyed = kind === 'keyed' ? { ...system.keyed, announced: true } : system.keyed
  return stepOf(`w${i} ${why}, 2xx for v${version}`, {
    ...after,
    keyed,
    told: acknowledge(system.told, version),
  })
}

function crash(system: System, i: number, { next, pending }: Writer): Step<System>[] {
  if (['begin', 'done', 'crashed', 'late unmark', 'abandon'].includes(next)) return []
  const dead = { ...OVER, next: 'crashed', pending: pending || next === 'commit' } as const
  return [stepOf(`w${i} CRASHES`, setWriter(spend(system, 'crashes'), i, dead))]
}
