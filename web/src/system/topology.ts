import { computed, signal } from '@preact/signals'
import { type Exchange, serviceOf } from '../api/exchange.ts'

/** `gone`: it answered once, and not for a while although others did. */
export type NodeState = 'up' | 'starting' | 'slow' | 'frozen' | 'down' | 'gone'

export interface Process {
  name: string
  state: NodeState
  /** Requests that wait or run there, where the gateway tells */
  inFlight?: number
}

/** Stands for all of task-service where answers do not say who gave them. */
export const SOME_TASK_SERVICE = 'task-service'
const QUIET_MS = 15_000
const FORGOTTEN_MS = 60_000
const AUTH = /^(auth$|.*auth-service)/

/** What the control port of `make dev` says; undefined = there is none, so answers alone tell. */
export const told = signal<readonly Process[] | undefined>(undefined)

const answeredAt = signal<ReadonlyMap<string, number>>(new Map())

/** Notes who answered; the map is replaced only when that changes what is drawn. */
export function noteAnswer(exchange: Exchange, now: number): void {
  const { instance, path, status } = exchange
  if (!instance || status === 0 || serviceOf(path) !== 'task' || AUTH.test(instance)) return
  const known = answeredAt.peek()
  const last = known.get(instance)
  if (last !== undefined && now - last < 1_000) return
  const next = new Map(known)
  for (const [name, at] of next) if (now - at > FORGOTTEN_MS) next.delete(name)
  answeredAt.value = next.set(instance, now)
}

/** Instances of task-service, in the order of their names. */
export const instances = computed<readonly Process[]>(() => {
  const processes = told.value?.filter(({ name }) => name.startsWith('task-'))
  if (processes) return processes
  const seen = [...answeredAt.value].toSorted(([a], [b]) => a.localeCompare(b))
  if (seen.length === 0) return [{ name: SOME_TASK_SERVICE, state: 'up' }]
  const newest = Math.max(...seen.map(([, at]) => at))
  return seen.map(([name, at]) => ({ name, state: newest - at > QUIET_MS ? 'gone' : 'up' }))
})

export const SEPARATOR = '\n'
/** Changes only with the names, so that what is on its way through the picture is not disturbed. */
export const instanceNames = computed(() => instances.value.map(({ name }) => name).join(SEPARATOR))

/** State of a process that is no instance of task-service: `auth`, `redis`, `mongodb`, `gateway`. */
export function stateOf(name: string, processes: readonly Process[] | undefined): NodeState {
  return processes?.find((process) => process.name === name)?.state ?? 'up'
}

/** The part of a name that tells pods apart: `authdb-task-service-7c9f8d-x2lqp` is `x2lqp`. */
export function shortName(name: string): string {
  const parts = name.split('-')
  return parts.length > 3 ? (parts.at(-1) ?? name) : name
}
