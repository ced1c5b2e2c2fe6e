import { createHash } from 'node:crypto'
import type { Lists } from '../cache/index.ts'
import { OutcomeUnknown, TaskNotFound, TooManyTasks, VersionMismatch, WriteUnavailable } from '../errors.ts'
import type { Change, Creation, Deletion, Operation } from './bulk.schema.ts'
import type { KeyedCreations } from './keyed-creations.ts'
import { newTask, type Task } from './task.ts'
import { applied, binned, toFields } from './task-rules.ts'
import type { TaskRepository } from './tasks.repository.ts'

/** All operations have to end within the limit of one write: none is begun later than this after the first. */
const BEGIN_WITHIN_MS = 1_000
const OPERATION_LIMIT_MS = 1_400

/** What became of one operation. */
export type Outcome = { status: number; task?: Task } | { error: unknown }

interface Parts {
  tasks: TaskRepository
  keyed: KeyedCreations
  /** Runs a write between mark and unmark. @throws what the cache refuses, in this service's terms */
  write: Lists['write']
  maxTasks: number
  retentionMs: number
}

interface Run {
  owner: string
  /** Later, no operation is begun; monotonic milliseconds */
  beginBy: number
  /** Of the operation at a position */
  idOf: (position: number) => string | undefined
  createdAt: Date
  /** Creations that there is room for */
  room: number
  /** Some may have been made before */
  isRepeat: boolean
}

/** Ends a write of several whose outcome is not known for all. */
class SomeUnknown extends Error {}

/** Several operations on one's own tasks, in their order, each with an outcome of its own. */
export class BulkService {
  readonly #parts: Parts

  constructor(parts: Parts) {
    this.#parts = parts
  }

  /**
   * @param key repeated with it, no creation is made twice; changes and deletions name the version they are about
   * @throws KeyReused · WriteUnavailable · OutcomeUnknown · TooManyWrites: then nothing is said of any operation
   */
  async run(owner: string, operations: Operation[], deadline: number, key?: string): Promise<Outcome[]> {
    const { tasks, keyed, write, maxTasks } = this.#parts
    const claimed = key === undefined ? undefined : await keyed.claim(owner, key, operations)
    const room = maxTasks - (await tasks.count(owner, maxTasks))
    const isRepeat = claimed?.isRepeat ?? false
    const createdAt = claimed?.createdAt ?? new Date()
    const idOf = (position: number) => claimed && idAt(claimed.taskId, position)
    let outcomes: Outcome[] = []
    try {
      await write(owner, deadline, async () => {
        const beginBy = performance.now() + BEGIN_WITHIN_MS
        outcomes = await this.#runAll({ owner, beginBy, idOf, createdAt, room, isRepeat }, operations)
        if (outcomes.some(isUnknown)) throw new SomeUnknown()
      })
    } catch (error) {
      if (!(error instanceof SomeUnknown)) throw error
      await this.#announceRest(owner, deadline)
    }
    return outcomes
  }

  /**
   * The mark of what may be made yet stays where it is. Another one says that the rest can be acknowledged.
   * @throws OutcomeUnknown when it cannot be said: something may have been written by now
   */
  async #announceRest(owner: string, deadline: number): Promise<void> {
    try {
      await this.#parts.write(owner, deadline, async () => {})
    } catch (cause) {
      throw new OutcomeUnknown({ cause })
    }
  }

  async #runAll(run: Run, operations: Operation[]): Promise<Outcome[]> {
    const outcomes: Outcome[] = []
    for (const [position, operation] of operations.entries())
      outcomes.push(await this.#run(run, operation, position).catch((error: unknown) => ({ error })))
    return outcomes
  }

  async #run(run: Run, operation: Operation, position: number): Promise<Outcome> {
    if (operation.op === 'create') return this.#create(run, operation, position)
    const task = await this.#target(run, operation)
    const changed =
      operation.op === 'update' ? applied(task, operation) : binned(task, new Date(), this.#parts.retentionMs)
    begin(run)
    const next = { ...changed, version: task.version + 1 }
    if (!(await this.#parts.tasks.update(task.version, next, OPERATION_LIMIT_MS))) throw new VersionMismatch()
    return operation.op === 'update' ? { status: 200, task: next } : { status: 200 }
  }

  async #create(run: Run, creation: Creation, position: number): Promise<Outcome> {
    const { tasks, maxTasks } = this.#parts
    const fields = toFields(run.owner, creation, run.createdAt)
    const id = run.idOf(position)
    if (id !== undefined && run.isRepeat && (await tasks.find(id, run.owner)))
      return { status: 201, task: newTask(fields, id) }
    if (run.room-- <= 0) throw new TooManyTasks(maxTasks)
    begin(run)
    if (id === undefined)
      return { status: 201, task: await tasks.insert(fields, undefined, OPERATION_LIMIT_MS) }
    await tasks.insertOnce(fields, id, OPERATION_LIMIT_MS)
    return { status: 201, task: newTask(fields, id) }
  }

  async #target({ owner }: Run, { _id, version }: Change | Deletion): Promise<Task> {
    const task = await this.#parts.tasks.find(_id, owner)
    if (!task || task.deletedAt) throw new TaskNotFound()
    if (task.version !== version) throw new VersionMismatch()
    return task
  }
}

function begin({ beginBy }: Run): void {
  if (performance.now() >= beginBy) throw new WriteUnavailable()
}

function isUnknown(outcome: Outcome): boolean {
  return 'error' in outcome && outcome.error instanceof OutcomeUnknown
}

/** The same for each repetition, and another for each position. */
function idAt(taskId: string, position: number): string {
  return createHash('sha256').update(`${taskId}:${position}`).digest('hex').slice(0, taskId.length)
}
