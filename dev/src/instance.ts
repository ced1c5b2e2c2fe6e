import { accepts, HOST } from './ports.ts'
import { type Child, type ChildSpec, describeExit, describeWait, type Supervisor } from './supervisor.ts'
import { waitUntil } from './wait.ts'

/** A start takes about 1 s, and twenty times that on a busy machine. A process that ends is noticed at once. */
const READY_TIMEOUT_MS = 180_000
const PROBE_TIMEOUT_MS = 5_000

/** One running process of a service, or the gateway. */
export interface Instance {
  readonly name: string
  readonly url: string
  /** Origin of /livez, /readyz and /metrics; the gateway has none */
  readonly internalUrl: string | undefined
  /** Of the process that runs now, or ran last */
  readonly pid: number
  isRunning(): boolean
  /** SIGKILL and SIGTERM resolve when the process has ended, SIGSTOP, SIGCONT and others at once. */
  kill(signal: NodeJS.Signals): Promise<void>
  /** Starts it again on the same ports; resolves when it is ready. */
  start(): Promise<void>
  /** SIGTERM, wait for the end, start, wait until ready. */
  restart(): Promise<void>
  /** SIGTERM, SIGKILL when that takes too long. */
  stop(): Promise<void>
}

export interface InstanceOptions {
  spec: ChildSpec
  url: string
  internalUrl?: string
  supervisor: Supervisor
  readyTimeoutMs?: number
}

/** @returns undefined when it is ready: it answers 200, or takes connections where it has no port to ask; else what is seen instead */
async function whyNotReady(url: string, internalUrl: string | undefined): Promise<string | undefined> {
  if (!internalUrl)
    return (await accepts(HOST, Number(new URL(url).port))) ? undefined : 'it takes no connection'
  try {
    const response = await fetch(`${internalUrl}/readyz`, { signal: AbortSignal.timeout(PROBE_TIMEOUT_MS) })
    const text = await response.text()
    return response.ok ? undefined : text
  } catch (error) {
    return `no answer: ${(error as Error).message}`
  }
}

/** Starts a process; resolves when it is ready, and rejects with its last lines when it ends before, or never is. */
export async function startInstance({
  spec,
  url,
  internalUrl,
  supervisor,
  readyTimeoutMs = READY_TIMEOUT_MS,
}: InstanceOptions): Promise<Instance> {
  let child: Child

  async function start(): Promise<void> {
    child = await supervisor.spawn(spec)
    let reason: string | undefined
    await waitUntil(
      `The readiness of ${spec.name}`,
      readyTimeoutMs,
      async () => {
        if (!child.isRunning()) throw new Error(describeExit(child, await child.exited))
        reason = await whyNotReady(url, internalUrl)
        return reason === undefined
      },
      () => describeWait(child, reason ?? 'nothing'),
    )
  }

  await start()
  return {
    name: spec.name,
    url,
    internalUrl,
    get pid() {
      return child.pid
    },
    isRunning: () => child.isRunning(),
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
