import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'

/** Linux counts in hundredths of a second, whatever the kernel's own tick is. */
const TICKS_PER_SECOND = 100
/** After the command's name, which may hold blanks: proc(5), fields 4, 14 and 15 */
const PARENT = 1
const UTIME = 11
const KIB = 1024

function fieldsOf(pid: number): string[] {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')
}

/** User and system time of a process so far, in seconds. */
export function processorTime(pid: number): number {
  const fields = fieldsOf(pid)
  return (Number(fields[UTIME]) + Number(fields[UTIME + 1])) / TICKS_PER_SECOND
}

function parentOf(pid: number): number | undefined {
  try {
    return Number(fieldsOf(pid)[PARENT])
  } catch {
    // It has ended since the folder was read.
    return undefined
  }
}

/** A process and all it has started: nginx works in children. */
export function familyOf(pid: number): number[] {
  const everyone = readdirSync('/proc').map(Number).filter(Number.isInteger)
  const parents = new Map(everyone.map((one) => [one, parentOf(one)]))
  const family = [pid]
  for (const member of family) for (const [one, parent] of parents) if (parent === member) family.push(one)
  return family
}

/** Resident memory of a process, in MiB, now and at most so far. */
export function memory(pid: number): { now: number; most: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const of = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1]) / KIB
  return { now: of('VmRSS'), most: of('VmHWM') }
}

/** Keeps a process and all its threads on one processor, where the system can (Linux: taskset). */
export function pin(pid: number, processor: number): void {
  execFileSync('taskset', ['--all-tasks', '--cpu-list', '--pid', String(processor), String(pid)], {
    stdio: 'ignore',
  })
}
