import type { Agent } from 'undici'
import { chartArguments, currentInstallation, RELEASE, SERVICES } from '../../harness/cluster/installation.ts'
import type { Namespace } from '../../harness/cluster/namespace.ts'
import { run } from '../../harness/command.ts'
import { OpenLoop } from '../../harness/load/open-loop.ts'
import { type Phase, Schedule } from '../../harness/load/schedule.ts'
import { createAgent, TaskWorkload } from '../../harness/load/workloads.ts'
import { newPeople, type Person } from '../../harness/people.ts'
import { Random } from '../../harness/random.ts'
import { until } from '../../harness/until.ts'
import { ReplicaSampler } from '../replicas.ts'
import { settings, VALUES } from '../settings.ts'

/** The installed system with autoscaling, and what every run needs. */
export interface Stage {
  readonly namespace: Namespace
  readonly baseUrl: string
  readonly sampler: ReplicaSampler
  readonly agent: Agent
  say(line: string): void
  /** Upgrades the release to the suite's values, with further settings */
  upgrade(...further: string[]): Promise<void>
  stop(): void
}

/** A load of reads and writes that has begun, and is being watched. */
export interface RunningLoad {
  readonly people: readonly Person[]
  readonly workload: TaskWorkload
  readonly load: OpenLoop
}

/** The minimum is back, and the autoscaler has seen it, before a run begins. */
const CALM_LIMIT_MS = 300_000
/** Two readings of the autoscaler without a change. */
const CALM_MS = 35_000
/** A start takes many times the processor time of a quiet second. */
const CALM_CPU_PERCENT = 60

/** The autoscalers learn of processor time from metrics-server; without it nothing would ever be at rest. */
async function requireMetricsServer(): Promise<void> {
  try {
    await run('kubectl', ['get', '--raw', '/apis/metrics.k8s.io/v1beta1/nodes'])
  } catch (cause) {
    const sentence = 'the scaling suite needs metrics-server, and this cluster has none that answers'
    throw new Error(sentence, { cause })
  }
}

async function upgradeTo(namespace: Namespace, ...further: string[]): Promise<void> {
  await namespace.helm(
    'upgrade',
    ...chartArguments(process.env.IMAGE_TAG as string, '--values', VALUES, ...further),
  )
}

/**
 * Switches autoscaling on in the installation that `make scale-test` has made.
 * @throws Error when the cluster has no metrics-server
 */
export async function startStage(say: (line: string) => void): Promise<Stage> {
  const { namespace, baseUrl } = currentInstallation()
  await requireMetricsServer()
  await upgradeTo(namespace)
  const sampler = await ReplicaSampler.start(namespace.name, RELEASE)
  const agent = createAgent()
  return {
    namespace,
    baseUrl,
    sampler,
    agent,
    say,
    upgrade: (...further) => upgradeTo(namespace, ...further),
    stop() {
      sampler.stop()
      void agent.destroy()
    },
  }
}

/** Waits until both services have their minimum, the autoscalers know their load, and nothing moves any more. */
async function calm({ sampler, say }: Stage): Promise<void> {
  let [last, since] = ['', performance.now()]
  const ms = await until(
    'both services at rest',
    async () => {
      const services = await sampler.look()
      // The gateway has no autoscaler.
      const all = SERVICES.map((name) => services[name]).filter((one) => one !== undefined)
      const isQuiet = all.every(
        ({ desired, ready, cpu }) => desired === ready && cpu !== undefined && cpu < CALM_CPU_PERCENT,
      )
      const state = all.map(({ desired }) => desired).join()
      if (!isQuiet || state !== last) [last, since] = [state, performance.now()]
      return performance.now() - since >= CALM_MS
    },
    CALM_LIMIT_MS,
  )
  say(`at rest after ${(ms / 1000).toFixed(0)} s: ${JSON.stringify(await sampler.look())}`)
}

/** Begins a load by new people; the replicas are recorded from now on. */
export async function beginLoad(stage: Stage, phases: readonly Phase[]): Promise<RunningLoad> {
  const people = await newPeople(stage.baseUrl, settings.people)
  await calm(stage)
  const workload = new TaskWorkload(stage.agent, stage.baseUrl, people, new Random(1))
  const load = new OpenLoop({ schedule: new Schedule(phases), workload })
  stage.sampler.record(() => load.elapsed)
  return { people, workload, load }
}

/** Waits for a moment of the load. @param second since it began */
export function untilSecond(load: OpenLoop, second: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.max(0, second * 1000 - load.elapsed)))
}
