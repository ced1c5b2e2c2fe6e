import { OpenLoop } from '../../harness/load/open-loop.ts'
import { Schedule } from '../../harness/load/schedule.ts'
import { keepsUp } from '../../harness/load/under-load.ts'
import { promisesOf, tally, verdictOn } from '../../harness/load/verdict.ts'
import { LoginWorkload } from '../../harness/load/workloads.ts'
import type { Person } from '../../harness/people.ts'
import { stormChecks } from '../checks.ts'
import { failuresOf, type Run } from '../report.ts'
import { secondsOf } from '../series.ts'
import { settings } from '../settings.ts'
import { beginLoad, type Stage, untilSecond } from './stage.ts'

const BEFORE_SECONDS = 20
const AFTER_SECONDS = 20

/** Raises the storm beside a load that is answered, and waits for the end of both. */
async function raiseStorm(stage: Stage, load: OpenLoop, people: readonly Person[]) {
  const { stormRate, stormSeconds, loginRate } = settings
  await untilSecond(load, BEFORE_SECONDS)
  keepsUp(load, stormRate)
  const stormAt = load.elapsed
  const storm = new OpenLoop({
    schedule: new Schedule([{ name: 'storm', seconds: stormSeconds, from: loginRate }]),
    workload: new LoginWorkload(stage.agent, stage.baseUrl, people),
  })
  await Promise.all([load.finished, storm.finished])
  return { storm, stormAt }
}

/** Many people log in at once while others read and write their tasks. */
export async function stormRun(stage: Stage): Promise<Run> {
  const { stormRate, stormSeconds, loginRate } = settings
  const seconds = BEFORE_SECONDS + stormSeconds + AFTER_SECONDS
  const phases = [{ name: 'constant', seconds, from: stormRate }]
  const { load, workload, people } = await beginLoad(stage, phases)
  const { storm, stormAt } = await raiseStorm(stage, load, people).finally(() => load.stop())
  const replicas = await stage.sampler.pause()
  const verdict = await verdictOn(load, workload, stage.baseUrl, people)
  const times = { stormAt, endOfStormAt: stormAt + stormSeconds * 1000 }
  const during = load.samples.filter(({ due }) => due >= times.stormAt && due < times.endOfStormAt)
  const onOneClock = storm.samples.map((sample) => ({
    ...sample,
    due: sample.due + stormAt,
    sent: sample.sent + stormAt,
    end: sample.end + stormAt,
  }))
  return {
    name: 'storm',
    title: `A storm of ${loginRate} log-ins/s beside ${stormRate} task requests/s`,
    phases,
    marks: [
      { x: stormAt / 1000, label: 'storm' },
      { x: times.endOfStormAt / 1000, label: 'over' },
    ],
    seconds: secondsOf(load.samples, seconds),
    logins: { tally: tally(storm.samples, 'login'), seconds: secondsOf(onOneClock, seconds) },
    replicas,
    verdict,
    readsDuring: {
      'before the storm': tally(
        load.samples.filter(({ due }) => due < stormAt),
        'read',
      ),
      'in the storm': tally(during, 'read'),
    },
    failures: failuresOf(load.samples),
    checks: [...stormChecks(replicas, load.samples, times, settings.p99Ratio), ...promisesOf(verdict)],
  }
}
