import { type ChildProcess, spawn } from 'node:child_process'
import { readLines } from '../../dev/index.ts'

const EVERY_MS = 1_000
const PROXY_TIMEOUT_MS = 10_000
const ASK_TIMEOUT_MS = 5_000

export interface Replicas {
  /** What the autoscaler, or whoever set it, wants */
  readonly desired: number
  readonly ready: number
  /** Percent of the request, as the autoscaler last saw it */
  readonly cpu: number | undefined
}

/** One look at the cluster; `at` is ms since the load began. */
export interface ReplicaSample {
  readonly at: number
  readonly services: Readonly<Record<string, Replicas>>
}

interface Deployment {
  metadata: { name: string }
  spec: { replicas?: number }
  status: { readyReplicas?: number }
}

interface Autoscaler {
  spec: { scaleTargetRef: { name: string } }
  status: {
    currentMetrics?: { containerResource?: { current: { averageUtilization?: number } } }[]
  }
}

/** What `kubectl get deployments,hpa -o json` says about the services of a release. */
export function replicasOf(
  deployments: readonly Deployment[],
  autoscalers: readonly Autoscaler[],
  release: string,
): Record<string, Replicas> {
  const services: Record<string, Replicas> = {}
  for (const { metadata, spec, status } of deployments) {
    const hpa = autoscalers.find((candidate) => candidate.spec.scaleTargetRef.name === metadata.name)
    services[metadata.name.replace(`${release}-`, '')] = {
      desired: spec.replicas ?? 1,
      ready: status.readyReplicas ?? 0,
      cpu: hpa?.status.currentMetrics?.[0]?.containerResource?.current.averageUtilization,
    }
  }
  return services
}

interface Pod {
  status: { containerStatuses?: { name: string; restartCount: number }[] }
}

/** How often a container of a pod has been started again. */
export function restartsOf({ status }: Pod, container: string): number {
  return status.containerStatuses?.find(({ name }) => name === container)?.restartCount ?? 0
}

/** Reads desired and ready replicas once a second, through `kubectl proxy`: a kubectl for each look would cost more than what it looks at. */
export class ReplicaSampler {
  readonly samples: ReplicaSample[] = []
  /** Looks that failed: the API server did not answer in time */
  misses = 0
  readonly #proxy: ChildProcess
  readonly #api: string
  readonly #namespace: string
  readonly #release: string
  #timer: NodeJS.Timeout | undefined
  #looking: Promise<void> = Promise.resolve()

  private constructor(proxy: ChildProcess, api: string, namespace: string, release: string) {
    this.#proxy = proxy
    this.#api = api
    this.#namespace = namespace
    this.#release = release
  }

  /** @throws Error when kubectl cannot reach the cluster */
  static async start(namespace: string, release: string): Promise<ReplicaSampler> {
    const proxy = spawn('kubectl', ['proxy', '--port=0'], { stdio: ['ignore', 'pipe', 'inherit'] })
    const api = await new Promise<string>((resolve, reject) => {
      const limit = setTimeout(() => reject(new Error('kubectl proxy does not start')), PROXY_TIMEOUT_MS)
      proxy.once('error', reject)
      proxy.once('exit', (code) => reject(new Error(`kubectl proxy ended with ${code}`)))
      readLines(proxy.stdout, (line) => {
        const address = /127\.0\.0\.1:\d+/.exec(line)?.[0]
        if (address === undefined) return
        clearTimeout(limit)
        resolve(`http://${address}`)
      })
    })
    return new ReplicaSampler(proxy, api, namespace, release)
  }

  /** Looks now. @throws Error when the cluster does not answer */
  async look(): Promise<Record<string, Replicas>> {
    const [deployments, autoscalers] = await Promise.all([
      this.#items<Deployment>(`/apis/apps/v1/namespaces/${this.#namespace}/deployments`),
      this.#items<Autoscaler>(`/apis/autoscaling/v2/namespaces/${this.#namespace}/horizontalpodautoscalers`),
    ])
    return replicasOf(deployments, autoscalers, this.#release)
  }

  /** Begins a new series. @param elapsed ms since the load began */
  record(elapsed: () => number): void {
    clearInterval(this.#timer)
    this.samples.length = 0
    const lookAgain = async () => {
      const at = elapsed()
      try {
        this.samples.push({ at, services: await this.look() })
      } catch {
        this.misses++
      }
    }
    this.#timer = setInterval(() => {
      this.#looking = lookAgain()
    }, EVERY_MS)
  }

  /** Ends the series. */
  async pause(): Promise<ReplicaSample[]> {
    clearInterval(this.#timer)
    await this.#looking
    return this.samples.slice()
  }

  stop(): void {
    clearInterval(this.#timer)
    this.#proxy.kill()
  }

  async #items<T>(path: string): Promise<T[]> {
    const response = await fetch(this.#api + path, { signal: AbortSignal.timeout(ASK_TIMEOUT_MS) })
    if (!response.ok) throw new Error(`${path}: ${response.status}`)
    return ((await response.json()) as { items: T[] }).items
  }
}

/** Numbers of pods that were wanted or ready in a span of ms. */
export function seenBetween(
  samples: readonly ReplicaSample[],
  service: string,
  from: number,
  to: number,
): { desired: number[]; ready: number[] } {
  const seen = samples.filter(({ at }) => at >= from && at < to).map(({ services }) => services[service])
  const distinct = (values: (number | undefined)[]) =>
    [...new Set(values.filter((value) => value !== undefined))].sort((a, b) => a - b)
  return {
    desired: distinct(seen.map((replicas) => replicas?.desired)),
    ready: distinct(seen.map((replicas) => replicas?.ready)),
  }
}

/** ms from a moment until a condition first held for a service; undefined when it never did. */
export function msUntil(
  samples: readonly ReplicaSample[],
  service: string,
  from: number,
  condition: (replicas: Replicas) => boolean,
): number | undefined {
  const found = samples.find(({ at, services }) => {
    const replicas = services[service]
    return at >= from && replicas !== undefined && condition(replicas)
  })
  return found && found.at - from
}
