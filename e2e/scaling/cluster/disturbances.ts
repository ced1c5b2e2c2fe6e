import { until } from '../../cluster/commands.ts'
import { RELEASE, SERVICES } from '../../cluster/installation.ts'
import { judge, promisesOf, type Tally, tally } from '../../load/verdict.ts'
import type { Mark } from '../plot.ts'
import { failuresOf, type Run } from '../report.ts'
import { secondsOf } from '../series.ts'
import { settings } from '../settings.ts'
import { beginLoad, type Stage, untilSecond } from './stage.ts'

/** The load is stopped when the last disturbance is over. */
const LONGEST_SECONDS = 1_800
/** Of undisturbed load around each disturbance */
const PAUSE_SECONDS = 10
const REPLACEMENT_LIMIT_MS = 120_000

/** Ready pods of both services */
async function servingPods({ namespace }: Stage): Promise<string[]> {
  return (await Promise.all(SERVICES.map((service) => namespace.readyPods(service)))).flat()
}

/** @throws Error when a pod is still the same: nothing was disturbed */
async function replacesEveryPod(stage: Stage, action: () => Promise<unknown>): Promise<void> {
  const before = await servingPods(stage)
  await action()
  for (const service of SERVICES) await stage.namespace.rolledOut('deployment', `${RELEASE}-${service}`)
  const kept = (await servingPods(stage)).filter((pod) => before.includes(pod))
  if (kept.length > 0) throw new Error(`not replaced: ${kept.join(', ')}`)
}

function rollingRestart(stage: Stage): Promise<void> {
  const deployments = SERVICES.map((service) => `deployment/${RELEASE}-${service}`)
  return replacesEveryPod(stage, () => stage.namespace.kubectl('rollout', 'restart', ...deployments))
}

/** A changed setting of both services: other configuration, new pods. */
function upgrade(stage: Stage): Promise<void> {
  return replacesEveryPod(stage, () => stage.upgrade('--set', 'global.config.logLevel=warn'))
}

/** No time for its drain: withdrawn and, a moment later, killed. */
async function killPod({ namespace }: Stage): Promise<void> {
  const ready = await namespace.readyPods('task-service')
  const victim = ready[0] as string
  await namespace.kubectl('delete', 'pod', victim, '--now')
  await until(
    'as many task-service pods as before, without the killed one',
    async () => {
      const now = await namespace.readyPods('task-service')
      return now.length >= ready.length && !now.includes(victim)
    },
    REPLACEMENT_LIMIT_MS,
  )
}

async function killRedis({ namespace }: Stage): Promise<void> {
  const pod = `${RELEASE}-redis-0`
  const identity = async () => (await namespace.get('pod', pod)).metadata.uid
  const before = await identity()
  await namespace.kubectl('delete', 'pod', pod, '--now')
  await until(
    'another Redis',
    async () => (await namespace.readyPods('redis')).includes(pod) && (await identity()) !== before,
    REPLACEMENT_LIMIT_MS,
  )
}

const DISTURBANCES: readonly [name: string, disturb: (stage: Stage) => Promise<void>][] = [
  ['rolling restart', rollingRestart],
  ['helm upgrade', upgrade],
  ['pod killed', killPod],
  ['Redis killed', killRedis],
]

/** Restarts, an upgrade and failures, one after another under the same constant load. */
export async function disturbancesRun(stage: Stage): Promise<Run> {
  const { constantRate } = settings
  const phases = [{ name: 'constant', seconds: LONGEST_SECONDS, from: constantRate }]
  const { load, workload, people } = await beginLoad(stage, phases)
  const marks: Mark[] = []
  const spans: [name: string, from: number, to: number][] = []
  for (const [name, disturb] of DISTURBANCES) {
    await untilSecond(load, load.elapsed / 1000 + PAUSE_SECONDS)
    const from = load.elapsed
    await disturb(stage)
    marks.push({ x: from / 1000, label: name }, { x: load.elapsed / 1000, label: 'over' })
    // What it leaves behind, such as a cold cache, counts as its own.
    spans.push([name, from, load.elapsed + (PAUSE_SECONDS / 2) * 1000])
    stage.say(`${name}: ${((load.elapsed - from) / 1000).toFixed(1)} s`)
  }
  await untilSecond(load, load.elapsed / 1000 + PAUSE_SECONDS)
  await load.stop()
  const replicas = await stage.sampler.pause()
  const verdict = await judge(load, workload, stage.baseUrl, people)
  const readsDuring: Record<string, Tally> = {}
  for (const [name, from, to] of spans)
    readsDuring[name] = tally(
      load.samples.filter(({ due }) => due >= from && due < to),
      'read',
    )
  return {
    name: 'disturbances',
    title: `Restarts, an upgrade and failures at ${constantRate} requests/s, reads to writes 9 to 1`,
    phases,
    marks,
    seconds: secondsOf(load.samples, Math.floor((replicas.at(-1)?.at ?? 0) / 1000)),
    replicas,
    verdict,
    readsDuring,
    failures: failuresOf(load.samples),
    checks: promisesOf(verdict),
  }
}
