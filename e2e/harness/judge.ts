import type { History } from './history.ts'

/**
 * - `stale`: less than a value that was acknowledged before the read began: the cache's promise is broken.
 * - `went back`: less than a value that an earlier read had shown.
 * - `invented`: a value that nobody had begun to write when the read ended, or whose write was refused.
 */
export type ViolationKind = 'stale' | 'went back' | 'invented'

export interface Violation {
  readonly kind: ViolationKind
  readonly read: number
  /** The operation that the read contradicts; undefined for an invented value. */
  readonly witness: number | undefined
}

const NONE = -1

/**
 * One sweep over the events in order, linear in their number: every read is held against the highest value that was
 * acknowledged, or shown by a read, before it began.
 */
export function findViolations(history: History): Violation[] {
  const violations: Violation[] = []
  const { registers, operations } = history
  const acknowledged = new Int32Array(registers).fill(NONE)
  const shown = new Int32Array(registers).fill(NONE)
  const begun = new Uint32Array(registers)
  const acknowledgedBefore = new Int32Array(operations)
  const shownBefore = new Int32Array(operations)
  const refused = refusedWrites(history)
  const valueAt = (operation: number) => (operation === NONE ? 0 : history.valueAt(operation))

  const judge = (read: number, register: number) => {
    const value = history.valueAt(read)
    const [acked, seen] = [acknowledgedBefore[read] as number, shownBefore[read] as number]
    if (value > (begun[register] as number) || refused.get(register)?.has(value)) {
      violations.push({ kind: 'invented', read, witness: undefined })
    } else if (value < valueAt(acked)) violations.push({ kind: 'stale', read, witness: acked })
    else if (value < valueAt(seen)) violations.push({ kind: 'went back', read, witness: seen })
    if (value > valueAt(shown[register] as number)) shown[register] = read
  }

  for (let index = 0; index < history.eventCount; index++) {
    const { operation, isEnd } = history.event(index)
    const register = history.registerOf(operation)
    if (history.isWrite(operation)) {
      if (!isEnd) begun[register] = history.valueAt(operation)
      else if (history.outcomeOf(operation) === 'acknowledged') {
        if (history.valueAt(operation) > valueAt(acknowledged[register] as number))
          acknowledged[register] = operation
      }
    } else if (!isEnd) {
      acknowledgedBefore[operation] = acknowledged[register] as number
      shownBefore[operation] = shown[register] as number
    } else if (history.outcomeOf(operation) === 'acknowledged') judge(operation, register)
  }
  return violations
}

/** Values by register whose write was refused: they must never be seen, not even before the refusal. */
function refusedWrites(history: History): Map<number, Set<number>> {
  const refused = new Map<number, Set<number>>()
  for (let operation = 0; operation < history.operations; operation++) {
    if (!history.isWrite(operation) || history.outcomeOf(operation) !== 'failed') continue
    const register = history.registerOf(operation)
    const values = refused.get(register) ?? new Set()
    refused.set(register, values.add(history.valueAt(operation)))
  }
  return refused
}

/** One line about a violation, with times in ms since `origin`. */
export function describeViolation(history: History, { kind, read, witness }: Violation, origin = 0): string {
  const span = (operation: number) =>
    `${(history.startOf(operation) - origin).toFixed(1)}..${(history.endOf(operation) - origin).toFixed(1)} ms`
  const what = `register ${history.registerOf(read)}: a read at ${span(read)} showed ${history.valueAt(read)}`
  if (witness === undefined) return `${kind}: ${what}, which nobody had written`
  const how = history.isWrite(witness) ? 'acknowledged' : 'shown'
  return `${kind}: ${what}, but ${history.valueAt(witness)} had been ${how} at ${span(witness)}`
}
