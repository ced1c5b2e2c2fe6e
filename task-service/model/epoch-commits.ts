import { instanceOf, OFF, type System, spend, type Writer } from './epoch-state.ts'
import type { Step } from './explorer.ts'
import { stepOf, type Version } from './promises.ts'

/** What a writer that has come to its end, or has lost its memory, knows. */
export const OVER = {
  epoch: 0,
  version: 0,
  alone: false,
  page: 0,
  left: 0,
  unknown: false,
} as const satisfies Partial<Writer>

/** One commit in the database. A creation with a key is made once; its repetitions change nothing. */
function committed(system: System, { kind }: Writer): { after: System; version: Version } {
  const version = system.committed + 1
  if (kind !== 'keyed') return { after: { ...system, committed: version }, version }
  if (system.keyed.version !== 0) return { after: system, version: system.keyed.version }
  return { after: { ...system, committed: version, keyed: { ...system.keyed, version } }, version }
}

/** Whether a repetition may be answered without further ado. */
export function isAnswered({ keyed, rules }: System): boolean {
  return keyed.announced || (!rules.announceRepeats && keyed.version !== 0)
}

/** What a 2xx of this writer is for. */
export function answerOf(system: System, i: number): Pick<Writer, 'kind' | 'version'> {
  const { kind, version } = system.writers[i] as Writer
  return { kind, version: kind === 'keyed' ? system.keyed.version : version }
}

/** Whatever becomes of the lease meanwhile, a write may still take effect. */
export function commit(system: System, i: number, writer: Writer): Step<System>[] {
  const off = system.document.runs[writer.epoch] === OFF
  if (writer.left === 0)
    return [
      stepOf(`w${i} has nothing left to commit`, setWriter(system, i, { next: off ? 'check' : 'unmark' })),
    ]
  const late = instanceOf(system, writer.instance).lease?.epoch !== writer.epoch
  if (late && system.rules.commitInTime) return []
  const { after, version } = committed(system, writer)
  const steps = [stepOf(`w${i} commits v${version}`, goOn(after, i, { ...writer, version }, off))]
  return system.faults.timeouts > 0 && !off ? [...steps, ...timeOut(system, i, writer)] : steps
}

/** The next of several commits, or what follows the last one. */
function goOn(system: System, i: number, { left, unknown, alone, version }: Writer, off: boolean): System {
  const made = { left: left - 1, version }
  if (left > 1) return setWriter(system, i, { ...made, next: 'commit' })
  if (off) return setWriter(system, i, { ...made, next: 'check' })
  if (unknown && system.rules.abandonUnknown)
    return setWriter(system, i, { ...made, next: 'abandon', alone: false })
  return setWriter(system, i, { ...made, next: alone ? 'load' : 'unmark' })
}

/** Nobody knows whether the commit has been made, or is still under way; of one commit it is the end. */
function timeOut(system: System, i: number, writer: Writer): Step<System>[] {
  const spent = spend(system, 'timeouts')
  const { after, version } = committed(spent, writer)
  const unknown = (from: System, pending: boolean) => {
    const state = { unknown: true, pending, alone: false }
    const isAll = writer.left === 1 && writer.version === 0
    if (isAll) return setWriter(from, i, { ...OVER, ...state, epoch: writer.epoch, next: 'abandon' })
    return goOn(setWriter(from, i, state), i, { ...writer, ...state }, false)
  }
  return [
    stepOf(`w${i} commits v${version}, its answer is LOST`, unknown(after, false)),
    stepOf(`w${i}'s commit is under way for too long`, unknown(spent, true)),
  ]
}

/** A commit whose writer does not wait for it any more. */
export function reachDatabase(system: System, i: number, writer: Writer): Step<System>[] {
  if (!writer.pending) return []
  const { after, version } = committed(system, writer)
  return [stepOf(`v${version} of w${i} reaches the database`, setWriter(after, i, { pending: false }))]
}

export function setWriter(system: System, i: number, change: Partial<Writer>): System {
  return { ...system, writers: system.writers.with(i, { ...(system.writers[i] as Writer), ...change }) }
}
