import { RELEASE, SERVICES } from '../../harness/cluster/installation.ts'
import type { OpenLoop, Sample } from '../../harness/load/open-loop.ts'
import { keepsUp } from '../../harness/load/under-load.ts'
import { dataPromisesOf, type Tally, tally, verdictOn } from '../../harness/load/verdict.ts'
import { until } from '../../harness/until.ts'
import { disturbanceChecks } from '../checks.ts'
import { crashScript } from '../crash.ts'
import type { Mark } from '../plot.ts'
import { restartsOf } from '../replicas.ts'
import { failuresOf, type Run } from '../report.ts'
import { secondsOf } from '../series.ts'
import { settings } from '../settings.ts'
import { beginLoad, type Stage, untilSecond } from './stage.ts'

const TASKS = 'task-service'
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

/** A deletion in a hurry: the address is withdrawn, SIGTERM comes, and a moment later SIGKILL. */
async function deletePod({ namespace }: Stage): Promise<void> {
  const ready = await namespace.readyPods(TASKS)
  const victim = ready[0] as string
  await namespace.kubectl('delete', 'pod', victim, '--now')
  await until(
    'as many task-service pods as before, without the deleted one',
    async () => {
      const now = await namespace.readyPods(TASKS)
      return now.length >= ready.length && !now.includes(victim)
    },
    REPLACEMENT_LIMIT_MS,
  )
}

/** A crash: the process ends while its pod is listed as ready, requests are under way, and nobody was told. */
async function crashPod({ namespace }: Stage): Promise<void> {
  const [victim] = (await namespace.readyPods(TASKS)) as [string]
  const restarts = async () => restartsOf(await namespace.get('pod', victim), TASKS)
  const before = await restarts()
  // The script may be cut off by what it does; where it failed before that, no restart comes, and this says why.
  const said = await namespace
    .kubectl('exec', victim, `--container=${TASKS}`, '--', 'node', '--eval', crashScript())
    .catch(({ message }: Error) => message)
  await until(
    `${victim} is ready again after a crash (${said})`,
    async () => (await restarts()) > before && (await namespace.readyPods(TASKS)).includes(victim),
    REPLACEMENT_LIMIT_MS,
  )
}

async function deleteRedis({ namespace }: Stage): Promise<void> {
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

const CRASH = 'crashed pod'
const DISTURBANCES: readonly [name: string, disturb: (stage: Stage) => Promise<void>][] = [
  ['rolling restart', rollingRestart],
  ['helm upgrade', upgrade],
  ['deleted pod', deletePod],
  [CRASH, crashPod],
  ['deleted Redis', deleteRedis],
]

/** One disturbance, from its beginning until the system is whole again; ms since the load began. */
interface Span {
  readonly name: string
  readonly from: number
  readonly to: number
}

/** One after another, with undisturbed load around each. */
async function disturbInTurn(stage: Stage, load: OpenLoop): Promise<Span[]> {
  const spans: Span[] = []
  const pause = () => untilSecond(load, load.elapsed / 1000 + PAUSE_SECONDS)
  await pause()
  keepsUp(load, settings.constantRate)
  for (const [name, disturb] of DISTURBANCES) {
    const from = load.elapsed
    await disturb(stage)
    const to = load.elapsed
    spans.push({ name, from, to })
    stage.say(`${name}: ${((to - from) / 1000).toFixed(1)} s`)
    await pause()
  }
  return spans
}

/** The reads of each disturbance; what it leaves behind, such as a cold cache, counts as its own. */
function readsDuring(spans: readonly Span[], samples: readonly Sample[]): Record<string, Tally> {
  const aftermath = (PAUSE_SECONDS / 2) * 1000
  const during = ({ from, to }: Span) => samples.filter(({ due }) => due >= from && due < to + aftermath)
  return Object.fromEntries(spans.map((span) => [span.name, tally(during(span), 'read')]))
}

function marksOf(spans: readonly Span[]): Mark[] {
  return spans.flatMap(({ name, from, to }) => [
    { x: from / 1000, label: name },
    { x: to / 1000, label: 'over' },
  ])
}

/** Restarts, an upgrade and failures, one after another under the same constant load. */
export async function disturbancesRun(stage: Stage): Promise<Run> {
  const { constantRate } = settings
  const phases = [{ name: 'constant', seconds: LONGEST_SECONDS, from: constantRate }]
  const { load, workload, people } = await beginLoad(stage, phases)
  const spans = await disturbInTurn(stage, load).finally(() => load.stop())
  const replicas = await stage.sampler.pause()
  const verdict = await verdictOn(load, workload, stage.baseUrl, people)
  const during = readsDuring(spans, load.samples)
  return {
    name: 'disturbances',
    title: `Restarts, an upgrade and failures at ${constantRate} requests/s, reads to writes 9 to 1`,
    phases,
    marks: marksOf(spans),
    seconds: secondsOf(load.samples, Math.floor((replicas.at(-1)?.at ?? 0) / 1000)),
    replicas,
    verdict,
    readsDuring: during,
    failures: failuresOf(load.samples),
    checks: [...disturbanceChecks(verdict.reads, during[CRASH] as Tally), ...dataPromisesOf(verdict)],
  }
}
