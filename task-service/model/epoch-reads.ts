import {
  claim as claimEntry,
  confirm,
  describe,
  type Entry,
  fill,
  isClaimedBy,
  NO_TOKEN,
  newToken,
} from './entries.ts'
import {
  instanceOf,
  leaseHolds,
  type Reader,
  reachableSlot,
  rightsOf,
  type System,
  setEntry,
} from './epoch-state.ts'
import type { Step } from './explorer.ts'
import { brokenBy, NOTHING_TOLD, show, stepOf, type Version } from './promises.ts'

export const IDLE_READER = {
  next: 'idle',
  before: NOTHING_TOLD,
  epoch: 0,
  version: 0,
  token: NO_TOKEN,
} as const

/** Everything that reader `i` may do next. */
export function stepsOfReader(system: System, i: number): Step<System>[] {
  const reader = system.readers[i] as Reader
  switch (reader.next) {
    case 'idle':
      return system.readsLeft > 0 ? [begin(system, i, reader)] : []
    case 'check':
      return [checkHit(system, i, reader)]
    case 'claim':
      return [claim(system, i, reader)]
    case 'read and fill':
      return [readDatabase(system, i, 'fill')]
    case 'fill':
      return [fillEntry(system, i, reader)]
    case 'read only':
      return system.rules.confirmReads
        ? [readDatabase(system, i, 'confirm')]
        : [answer(system, i, system.committed, 'reads the database')]
    case 'confirm':
      return [confirmRead(system, i, reader, 'CONFIRM')]
  }
}

/** The GET, where the instance has a lease on a settled epoch with a cache; else the database alone. */
function begin(system: System, i: number, { instance }: Reader): Step<System> {
  const begun = { ...setReader(system, i, { before: system.told }), readsLeft: system.readsLeft - 1 }
  const { lease } = instanceOf(system, instance)
  if (!lease || !rightsOf(system, lease).mayRead) {
    return answer(begun, i, system.committed, 'has no cache to go by, reads the database')
  }
  const slot = reachableSlot(system, instance, lease.epoch)
  if (slot === undefined)
    return answer(begun, i, system.committed, 'does not reach Redis, reads the database')
  const entry = system.entries[slot] as Entry
  const label = `r${i} GET under epoch ${lease.epoch} finds: ${describe(entry)}`
  return stepOf(label, setReader(begun, i, { epoch: lease.epoch, ...goOn(entry) }))
}

/** What a reader does next who has found this. A claim serves any reader that sees it before the database is read. */
function goOn(entry: Entry): Partial<Reader> {
  switch (entry.kind) {
    case 'value':
      return { next: 'check', version: entry.version }
    case 'claim':
      return { next: 'read and fill', token: entry.token }
    case 'mark':
      return { next: 'read only' }
    case 'empty':
      return { next: 'claim' }
  }
}

function checkHit(system: System, i: number, { instance, epoch, version }: Reader): Step<System> {
  if (leaseHolds(system, instance, epoch)) return answer(system, i, version, `hit under epoch ${epoch}`)
  return answer(system, i, system.committed, 'has lost its lease, reads the database')
}

function claim(system: System, i: number, { instance, epoch }: Reader): Step<System> {
  const slot = reachableSlot(system, instance, epoch)
  if (slot === undefined)
    return answer(system, i, system.committed, 'does not reach Redis, reads the database')
  const token = newToken(system.entries, system.readers)
  const { entry, answer: found } = claimEntry(system.entries[slot] as Entry, token)
  if (found !== 'claimed')
    return stepOf(`r${i} CLAIM finds: ${describe(found)}`, setReader(system, i, goOn(found)))
  return stepOf(`r${i} CLAIM: may fill`, setEntry(setReader(system, i, goOn(entry)), slot, entry))
}

function readDatabase(system: System, i: number, next: 'fill' | 'confirm'): Step<System> {
  const label = `r${i} reads v${system.committed} from the database`
  return stepOf(label, setReader(system, i, { next, version: system.committed }))
}

function fillEntry(system: System, i: number, reader: Reader): Step<System> {
  const slot = reachableSlot(system, reader.instance, reader.epoch)
  if (slot !== undefined) {
    const before = system.entries[slot] as Entry
    if (isClaimedBy(before, reader.token)) {
      const { entry } = fill(before, reader.token, reader.version)
      return answer(setEntry(system, slot, entry), i, reader.version, 'fills')
    }
  }
  return system.rules.confirmReads
    ? confirmRead(system, i, reader, 'may not fill, CONFIRM')
    : answer(system, i, reader.version, 'may not fill')
}

function confirmRead(
  system: System,
  i: number,
  { instance, epoch, version }: Reader,
  how: string,
): Step<System> {
  const slot = reachableSlot(system, instance, epoch)
  if (slot === undefined) return answer(system, i, version, `${how} does not reach Redis`)
  const before = system.entries[slot] as Entry
  const { entry, answer: cached } = confirm(before)
  if (cached === undefined)
    return answer(setEntry(system, slot, entry), i, version, `${how} of ${describe(before)}`)
  const shown = leaseHolds(system, instance, epoch) ? cached : version
  return answer(system, i, shown, `${how} finds v${cached}`)
}

function setReader(system: System, i: number, change: Partial<Reader>): System {
  return { ...system, readers: system.readers.with(i, { ...(system.readers[i] as Reader), ...change }) }
}

/** The read ends: the one place where the promises are judged. */
function answer(system: System, i: number, version: Version, how: string): Step<System> {
  const { before } = system.readers[i] as Reader
  const after = setReader(system, i, IDLE_READER)
  const label = `r${i} ${how}, answers v${version} (at its start v${before.acknowledged} acknowledged, v${before.shown} shown)`
  return stepOf(label, { ...after, told: show(system.told, version) }, brokenBy(version, before))
}
