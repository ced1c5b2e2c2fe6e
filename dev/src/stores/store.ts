import { join } from 'node:path'
import { HOST } from '../ports.ts'
import { privateDirectory } from '../private.ts'
import { type Child, type ChildSpec, describeExit, type Supervisor } from '../supervisor.ts'
import { waitUntil } from '../wait.ts'

const START_TIMEOUT_MS = 120_000

/** What a store's process needs to know. */
export interface StoreLocation {
  port: number
  /** A directory of this store alone */
  dataDir: string
  /** Nothing acknowledged may be lost when the process is killed (slower; for fault tests) */
  syncOnCommit: boolean
}

/** One way to have a server on this machine. */
export interface StoreProgram {
  /** One line for people: which server it is */
  describe: string
  /** Data of different servers is kept apart: this names the directory */
  kind: string
  spec(location: StoreLocation): ChildSpec
  /** Brings a first start to the state in which services can use it */
  initiate?(location: StoreLocation): Promise<void>
}

/** A server that exists already, at a URL from the environment, or a program to start. */
export type Found = { url: string; describe: string } | { program: StoreProgram }

/** One step of the order in which servers are looked for; `undefined` passes on to the next. */
export type Provider = () => Promise<Found | undefined>

/** A running store. A store from the environment is not ours to kill or restart. */
export interface Store {
  readonly url: string
  readonly describe: string
  /** undefined for a store from the environment */
  readonly pid: number | undefined
  kill(signal: NodeJS.Signals): Promise<void>
  /** Starts it again on the same port with the same data, and waits until it answers. */
  start(): Promise<void>
  restart(): Promise<void>
  stop(): Promise<void>
}

/** @throws Error when every provider passes */
export async function firstFound(what: string, providers: readonly Provider[]): Promise<Found> {
  for (const provider of providers) {
    const found = await provider()
    if (found) return found
  }
  throw new Error(`No ${what} can be had on this machine.`)
}

function externalStore(url: string, describe: string): Store {
  async function refuse(): Promise<never> {
    throw new Error(`${describe} was not started here, so it cannot be killed or restarted.`)
  }
  return { url, describe, pid: undefined, kill: refuse, start: refuse, restart: refuse, stop: async () => {} }
}

export interface StoreOptions {
  name: string
  found: Found
  url: string
  port: number
  /** Below it the store has a directory of its own */
  dataDir: string
  syncOnCommit: boolean
  supervisor: Supervisor
  /** Whether the server answers its protocol */
  answers: (url: string) => Promise<boolean>
}

/** Starts a found store, or checks the one from the environment; resolves when it answers. */
export async function startStore(options: StoreOptions): Promise<Store> {
  const { name, found, url, port, syncOnCommit, supervisor, answers } = options
  if ('url' in found) {
    if (!(await answers(url))) throw new Error(`${found.describe} does not answer.`)
    return externalStore(url, found.describe)
  }
  const { program } = found
  const location = { port, syncOnCommit, dataDir: join(options.dataDir, `${name}-${program.kind}`) }
  let child: Child

  async function start(): Promise<void> {
    await privateDirectory(options.dataDir)
    await privateDirectory(location.dataDir)
    child = await supervisor.spawn({ ...program.spec(location), name })
    await waitUntil(`The start of ${name}`, START_TIMEOUT_MS, async () => {
      if (!child.isRunning()) throw new Error(describeExit(child, await child.exited))
      return answers(url)
    })
    await program.initiate?.(location)
  }

  await start()
  return {
    url,
    describe: `${program.describe} on ${HOST}:${location.port}`,
    get pid() {
      return child.pid
    },
    async kill(signal) {
      child.signal(signal)
      if (signal === 'SIGKILL' || signal === 'SIGTERM') await child.exited
    },
    start,
    async restart() {
      await child.stop()
      await start()
    },
    stop: () => child.stop(),
  }
}
