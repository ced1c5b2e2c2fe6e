import { setTimeout as sleep } from 'node:timers/promises'
import {
  CACHE_DIR,
  findNginx,
  freePorts,
  type Instance,
  type Platform,
  startGateway,
  startPlatform,
} from '../../dev/index.ts'
import { call } from '../harness/http.ts'

const QUIET = { RATE_LIMIT_PER_MINUTE: '0', LOGIN_LIMIT_PER_MINUTE: '0', LOG_LEVEL: 'error' }

export type Gateway = 'nginx' | 'fastify'

/** nginx, from PATH or PyPI; where neither is to be had, the development gateway, which repeats reads by the same rules. */
export async function gatewayToTest(say: (line: string) => void): Promise<Gateway> {
  try {
    await findNginx({ env: process.env, cacheDir: CACHE_DIR, say })
    return 'nginx'
  } catch (error) {
    say(`the development gateway instead of nginx: ${(error as Error).message}`)
    return 'fastify'
  }
}

/**
 * Three task-service instances behind a gateway, with databases of their own.
 * @param onError gets the lines that the services log as errors
 */
export function startDrainPlatform(
  gateway: Gateway,
  say: (line: string) => void,
  onError: (line: string) => void,
): Promise<Platform> {
  return startPlatform({
    tasks: 3,
    gateway,
    syncOnCommit: false,
    env: { ...process.env, ...QUIET },
    authEnv: { MONGODB_DATABASE: 'drain_auth' },
    taskEnv: () => ({ MONGODB_DATABASE: 'drain_tasks' }),
    onLine(source, line) {
      if (source.startsWith('task')) onError(`${source}: ${line}`)
    },
    say,
  })
}

/** What a client sends meanwhile is under way when the process ends. */
const FROZEN_MS = 50
/** An instance that takes so many times as long as beside a quiet system waits for a processor, or for a database that does. */
const STARVED = 5

/** Restarts and kills, each timed: where they take long, what fails says nothing about the product. */
export class Disturbances {
  readonly #instances: readonly Instance[]
  #calmMs = Number.POSITIVE_INFINITY
  #slowestMs = 0

  /** Restarts one instance while nothing else goes on, to know how long that takes here. */
  static async of({ system }: Platform): Promise<Disturbances> {
    const disturbances = new Disturbances(system.tasks)
    await disturbances.#timed(() => disturbances.#instances[0]?.restart())
    disturbances.#calmMs = disturbances.#slowestMs
    return disturbances
  }

  private constructor(instances: readonly Instance[]) {
    this.#instances = instances
  }

  /** How the machine fell short since it was asked last; undefined when it did not */
  shortfall(): string | undefined {
    const [slowest, calm] = [this.#slowestMs, this.#calmMs]
    this.#slowestMs = 0
    if (slowest < STARVED * calm) return undefined
    return `an instance took ${(slowest / 1000).toFixed(1)} s to be ready again, and ${(calm / 1000).toFixed(1)} s beside a quiet system`
  }

  /**
   * Restarts every instance in turn, each ready again before the next one goes.
   * @param seconds no further round begins after so many: a busy machine needs longer for each
   * @returns rounds that were made
   */
  async restartInTurn(rounds: number, seconds = Number.POSITIVE_INFINITY): Promise<number> {
    const started = performance.now()
    let made = 0
    while (made < rounds && performance.now() - started < seconds * 1000) {
      for (const instance of this.#instances) await this.#timed(() => instance.restart())
      made++
    }
    return made
  }

  /**
   * Ends instances without a word, one in turn after another, each started and ready again before the next one goes. Before its end an
   * instance stands still for a moment: then there are requests that it has taken and will never answer.
   * @param seconds no further one is killed after so many
   * @returns how many were killed
   */
  async killInTurn(kills: number, seconds = Number.POSITIVE_INFINITY): Promise<number> {
    const started = performance.now()
    let made = 0
    while (made < kills && performance.now() - started < seconds * 1000) {
      const victim = this.#instances[made % this.#instances.length]
      await victim?.kill('SIGSTOP')
      await sleep(FROZEN_MS)
      await this.#timed(async () => {
        await victim?.kill('SIGKILL')
        await victim?.start()
      })
      made++
    }
    return made
  }

  async #timed(work: () => Promise<void> | undefined): Promise<void> {
    const started = performance.now()
    await work()
    this.#slowestMs = Math.max(this.#slowestMs, performance.now() - started)
  }
}

/** The development gateway beside the platform's own, in front of the same instances. @returns its origin */
export async function startFastify({ supervisor, system }: Platform): Promise<string> {
  const [port = 0] = await freePorts(1)
  const env = { ...process.env, ...QUIET }
  const { instance } = await startGateway(
    { supervisor, ports: { gateway: port }, env },
    {
      authUpstreams: [system.auth.url],
      taskUpstreams: system.tasks.map(({ url }) => url),
      balancing: 'least-connections',
    },
  )
  return instance.url
}

/** One after another, each on a connection that the gateway has kept or opens */
const POSTERS = 2
const POST_PAUSE_MS = 20

/**
 * Sends POSTs, which nobody may repeat, until `work` is done. They have no token: an instance that is there says 401.
 * @param answers receives how often each status came, and nothing of an earlier time
 */
export async function whilePosting(
  origin: string,
  answers: Map<number, number>,
  work: () => Promise<void>,
): Promise<void> {
  let isOver = false
  answers.clear()
  async function post(): Promise<void> {
    while (!isOver) {
      const { status } = await call(`${origin}/tasks`, { method: 'POST' })
      answers.set(status, (answers.get(status) ?? 0) + 1)
      await sleep(POST_PAUSE_MS)
    }
  }
  const posting = Promise.all(Array.from({ length: POSTERS }, post))
  await work().finally(() => {
    isOver = true
  })
  await posting
}
