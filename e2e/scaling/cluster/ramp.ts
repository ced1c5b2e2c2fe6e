import { promisesOf, verdictOn } from '../../harness/load/verdict.ts'
import { until } from '../../harness/until.ts'
import { rampChecks } from '../checks.ts'
import { failuresOf, type Run } from '../report.ts'
import { secondsOf } from '../series.ts'
import { PODS_WANTED, SCALE_DOWN_LIMIT_SECONDS, SCALE_OUT_LIMIT_SECONDS, settings } from '../settings.ts'
import { beginLoad, type Stage, untilSecond } from './stage.ts'

/** After the minimum is back: the last pod may still be about to end. */
const SETTLE_SECONDS = 10

/** Quiet, ramp, plateau, quiet again until the minimum is back. */
export async function rampRun(stage: Stage): Promise<Run> {
  const { quietRate, rate, quietSeconds, rampSeconds, plateauSeconds } = settings
  const phases = [
    { name: 'quiet', seconds: quietSeconds, from: quietRate },
    { name: 'ramp', seconds: rampSeconds, from: quietRate, to: rate },
    { name: 'plateau', seconds: plateauSeconds, from: rate },
    { name: 'quiet again', seconds: SCALE_DOWN_LIMIT_SECONDS + SETTLE_SECONDS, from: quietRate },
  ]
  const { load, workload, people } = await beginLoad(stage, phases)
  const endOfLoad = load.schedule.phase('quiet again').startsAt
  await untilSecond(load, quietSeconds)
  const [minimum] = stage.sampler.samples.map(({ services }) => services['task-service']?.desired)
  await untilSecond(load, endOfLoad)
  await until(
    'the minimum, or the end',
    async () => {
      const now = stage.sampler.samples.at(-1)?.services['task-service']
      const isBack = now?.desired === minimum && now?.ready === minimum
      return isBack || load.elapsed > (endOfLoad + SCALE_DOWN_LIMIT_SECONDS) * 1000
    },
    (SCALE_DOWN_LIMIT_SECONDS + SETTLE_SECONDS) * 1000,
  )
  await untilSecond(load, load.elapsed / 1000 + SETTLE_SECONDS)
  await load.stop()
  const replicas = await stage.sampler.pause()
  const verdict = await verdictOn(load, workload, stage.baseUrl, people)
  const times = { rampAt: quietSeconds * 1000, endOfLoadAt: endOfLoad * 1000, endAt: load.elapsed }
  const limits = {
    podsWanted: PODS_WANTED,
    outMs: SCALE_OUT_LIMIT_SECONDS * 1000,
    inMs: SCALE_DOWN_LIMIT_SECONDS * 1000,
  }
  return {
    name: 'ramp',
    title: `Scaling: ${quietRate} to ${rate} requests/s and back, reads to writes 9 to 1`,
    phases,
    marks: load.schedule.phases.map(({ name, startsAt }) => ({ x: startsAt, label: name })),
    seconds: secondsOf(load.samples, Math.floor((replicas.at(-1)?.at ?? 0) / 1000)),
    replicas,
    verdict,
    readsDuring: {},
    failures: failuresOf(load.samples),
    checks: [...rampChecks(replicas, times, limits), ...promisesOf(verdict)],
  }
}
