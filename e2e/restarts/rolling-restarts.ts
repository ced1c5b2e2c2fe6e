import { CACHE_DIR, findNginx, type Platform, startPlatform } from '../../dev/index.ts'

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
