import { setTimeout as sleep } from 'node:timers/promises'
import { TaskNotFound, VersionMismatch, WriteUnavailable } from '../errors.ts'
import type { Preconditions } from './preconditions.ts'
import type { Task } from './task.ts'

const CONFLICT_WAIT_MS = 10
const MAX_CONFLICT_WAIT_MS = 100

export interface Change {
  /** What it is about: tasks, or tasks in the bin. For the other kind it is a 404. */
  of: 'live' | 'deleted'
  preconditions: Preconditions
  /** Monotonic milliseconds: later, it is not sent to the database any more */
  deadline: number
  /** The task after it, its version aside. @throws Error why it cannot be made */
  apply: (task: Task) => Task
}

interface Waiting extends Change {
  resolve: (task: Task) => void
  reject: (error: unknown) => void
}

interface Made {
  change: Waiting
  task: Task
}

interface Parts {
  find: (id: string, owner: string) => Promise<Task | undefined>
  /** Stores the task if it still has `version`, and announces that. @returns false when it has not */
  store: (version: number, task: Task, deadline: number) => Promise<boolean>
}

/** Each change on top of the one before, as if they had come one after another; those that cannot be made are told so. */
function makeAll(first: Task, changes: readonly Waiting[]): Made[] {
  const made: Made[] = []
  let task = first
  for (const change of changes) {
    try {
      if ((task.deletedAt === null) !== (change.of === 'live')) throw new TaskNotFound()
      if (change.preconditions.check(String(task.version)) === 'failed') throw new VersionMismatch()
      task = { ...change.apply(task), version: task.version + 1 }
      made.push({ change, task })
    } catch (error) {
      change.reject(error)
    }
  }
  return made
}

/**
 * Changes of tasks: a compare-and-set on the version that was read, so that a late or repeated change cannot undo a newer
 * one, tried again on the newer version until the deadline. Those of one task that wait for another are made together: only
 * instances compete for a version, and each change still has a version of its own.
 */
export class TaskChanges {
  readonly #parts: Parts
  readonly #queues = new Map<string, Waiting[]>()

  constructor(parts: Parts) {
    this.#parts = parts
  }

  /** @throws TaskNotFound · VersionMismatch · WriteUnavailable · whatever `apply` and `store` throw */
  make(owner: string, id: string, change: Change): Promise<Task> {
    const { promise, resolve, reject } = Promise.withResolvers<Task>()
    const key = `${owner}:${id}`
    const queue = this.#queues.get(key)
    const waiting = { ...change, resolve, reject }
    if (queue) queue.push(waiting)
    else {
      this.#queues.set(key, [waiting])
      void this.#empty(key, owner, id)
    }
    return promise
  }

  async #empty(key: string, owner: string, id: string): Promise<void> {
    const queue = this.#queues.get(key) ?? []
    for (let lost = 0; queue.length > 0; ) {
      // Jitter, so that losers do not collide again.
      if (lost > 0) await sleep(Math.random() * Math.min(lost * CONFLICT_WAIT_MS, MAX_CONFLICT_WAIT_MS))
      const again = await this.#round(owner, id, queue.splice(0))
      queue.unshift(...again)
      lost = again.length > 0 ? lost + 1 : 0
    }
    this.#queues.delete(key)
  }

  /** Never rejects. @returns what has to be made on a newer version */
  async #round(owner: string, id: string, changes: Waiting[]): Promise<Waiting[]> {
    const now = performance.now()
    const late = changes.filter(({ deadline }) => deadline <= now)
    for (const { reject } of late) reject(new WriteUnavailable())
    const open = changes.filter((change) => !late.includes(change))
    if (open.length === 0) return []
    try {
      const task = await this.#parts.find(id, owner)
      if (!task) throw new TaskNotFound()
      const made = makeAll(task, open)
      const last = made.at(-1)
      if (!last) return []
      const deadline = Math.min(...made.map(({ change }) => change.deadline))
      if (!(await this.#parts.store(task.version, last.task, deadline)))
        return made.map(({ change }) => change)
      for (const { change, task } of made) change.resolve(task)
    } catch (error) {
      for (const { reject } of open) reject(error)
    }
    return []
  }
}
