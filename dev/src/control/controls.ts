import type { Balancing } from '../gateway.ts'
import type { Store } from '../stores/store.ts'
import type { System } from '../system.ts'
import { runExperiment } from './experiment.ts'
import { Load } from './load.ts'
import { Processes, WrongState } from './processes.ts'
import { ControlPort } from './server.ts'

const MAX_INSTANCES = 8

export interface ControlOptions {
  /** Where the control port listens */
  port: number
  system: System
  mongodb: Store
  redis: Store
}

/** A store from the environment belongs to somebody else: it is never stopped or frozen. */
function ours(store: Store): boolean {
  return store.pid !== undefined
}

/** One thing at a time: two pages must not add instances on top of each other. */
function queue(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve()
  return (work) => {
    const next = last.then(work, work)
    last = next.catch(() => {})
    return next
  }
}

export interface Control {
  readonly fragment: string
  onLine(source: string, line: string): boolean
  close(): Promise<void>
}

/** Opens the control port on a running system. */
export async function openControl({ port, system, mongodb, redis }: ControlOptions): Promise<Control> {
  const processes = new Processes((reports) => control?.showProcesses(reports))
  const load = new Load(system.baseUrl, (stats) => control?.showLoad(stats))
  const inTurn = queue()
  let control: ControlPort | undefined
  control = await ControlPort.open(port, Number(new URL(system.baseUrl).port), {
    act: (name, action) => processes.act(name, action),
    addInstance: () =>
      inTurn(async () => {
        if (system.tasks.length >= MAX_INSTANCES)
          throw new WrongState(`There are ${MAX_INSTANCES} instances already.`)
        const instance = await system.addTask()
        processes.add(instance.name, instance)
      }),
    removeInstance: () =>
      inTurn(async () => {
        const last = system.tasks.at(-1)
        if (!last || system.tasks.length === 1) throw new WrongState('The last instance stays.')
        processes.remove(last.name)
        // A frozen process would not notice SIGTERM.
        await last.kill('SIGCONT')
        await system.removeTask()
      }),
    balance: (how) =>
      inTurn(async () => {
        await system.balance(how)
        control?.showSettings({ balancing: how })
      }),
    load: async (order) => load.order(order),
    experiment: (name) => runExperiment(name, { redisUrl: redis.url, mongodbUri: mongodb.url }),
  })
  processes.add('auth', system.auth)
  for (const instance of system.tasks) processes.add(instance.name, instance)
  if (ours(redis)) processes.add('redis', redis)
  if (ours(mongodb)) processes.add('mongodb', mongodb)
  control.onInFlight((byOrigin) =>
    processes.setInFlight(new Map(system.tasks.map(({ name, url }) => [name, byOrigin[url] ?? 0]))),
  )
  control.showSettings({ balancing: 'least-connections' satisfies Balancing })
  return {
    fragment: control.fragment,
    onLine: (source, line) => control.onLine(source, line),
    async close() {
      processes.close()
      await load.close()
      await control.close()
    },
  }
}
