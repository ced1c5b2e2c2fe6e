import { CACHE_DIR } from '../../dev/src/checkout.ts'
import { findNginx } from '../../dev/src/nginx.ts'
import { type Platform, startPlatform } from '../../dev/src/platform.ts'
import { Random } from '../consistency/random.ts'
import { OpenLoop } from '../load/open-loop.ts'
import { newPeople } from '../load/people.ts'
import { Schedule } from '../load/schedule.ts'
import { judge, type Verdict } from '../load/verdict.ts'
import { createAgent, TaskWorkload } from '../load/workloads.ts'

const QUIET = { RATE_LIMIT_PER_MINUTE: '0', LOGIN_LIMIT_PER_MINUTE: '0', LOG_LEVEL: 'error' }
const PEOPLE = 20
const SETTLE_SECONDS = 5
/** Of what is offered, before anything is disturbed */
const LEAST_SHARE = 0.8
/** The load is stopped when the disturbance is over; no disturbance lasts as long. */
const LONGEST_SECONDS = 1_800

export type Gateway = 'nginx' | 'fastify'

/** nginx, from PATH or PyPI; where neither is to be had, the development gateway, which repeats requests by the same rules. */
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

/**
 * Every instance in turn, each ready again before the next one goes.
 * @param seconds no further round begins after so many: a busy machine needs longer for each
 * @returns rounds that were made
 */
export async function restartInTurn(
  { system }: Platform,
  rounds: number,
  seconds = Number.POSITIVE_INFINITY,
): Promise<number> {
  const started = performance.now()
  let made = 0
  while (made < rounds && performance.now() - started < seconds * 1000) {
    for (const instance of system.tasks) await instance.restart()
    made++
  }
  return made
}

/** Ends one instance without a word, and starts it again. */
export async function killAndStart({ system }: Platform): Promise<void> {
  const [victim] = system.tasks
  await victim?.kill('SIGKILL')
  await victim?.start()
}

/**
 * Disturbs the system under constant load, nine reads for each write, with some seconds of load before and after.
 * @param rate requests a second
 */
export async function underLoad(
  platform: Platform,
  rate: number,
  disturb: (platform: Platform) => Promise<void>,
): Promise<Verdict> {
  const { baseUrl } = platform.system
  const people = await newPeople(baseUrl, PEOPLE)
  const agent = createAgent()
  const workload = new TaskWorkload(agent, baseUrl, people, new Random(1))
  const schedule = new Schedule([{ name: 'constant', seconds: LONGEST_SECONDS, from: rate }])
  const load = new OpenLoop({ schedule, workload })
  const settle = () => new Promise((resolve) => setTimeout(resolve, SETTLE_SECONDS * 1000))
  try {
    await settle()
    keepsUp(load, rate)
    await disturb(platform)
    await settle()
  } finally {
    await load.stop()
    await agent.destroy()
  }
  return judge(load, workload, baseUrl, people)
}

/** @throws Error when the machine is too slow for the rate: what fails then says nothing about the drain */
function keepsUp(load: OpenLoop, rate: number): void {
  const answered = load.samples.length / (load.elapsed / 1000)
  if (answered < rate * LEAST_SHARE)
    throw new Error(
      `void: this machine answers ${answered.toFixed(0)} of ${rate} requests/s before anything is disturbed; give it a lower RATE`,
    )
}

/** One line about a run. */
export function describe({ reads, writes, refusals, ...rest }: Verdict): string {
  const part = (name: string, { requests, failed, p50, p99, max }: Verdict['reads']) =>
    `${requests} ${name}, ${failed} failed, p50 ${p50.toFixed(1)} p99 ${p99.toFixed(1)} max ${max.toFixed(0)} ms`
  const { acknowledged, lost, doubled, stale } = rest
  const refused = Object.entries(refusals).map(([name, count]) => `${count} × ${name}`)
  return [
    part('reads', reads),
    part('writes', writes),
    `${acknowledged} acknowledged, ${lost.length} lost, ${doubled.length} doubled`,
    `${stale} stale reads`,
    ...refused,
  ].join('; ')
}
