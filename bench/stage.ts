import { fileURLToPath } from 'node:url'
import { freePorts, type Instance, type Supervisor, startInstance, startPlatform } from '../dev/index.ts'
import { newPeople, type Person } from '../e2e/harness/people.ts'
import { pin } from './processor.ts'

/** The measured processes have a processor of their own; stores and load have the other. */
const SERVER_CPU = 0
const LOAD_CPU = 1
const TASKS_EACH = 20
/** One creator for so many others */
const CREATORS = 4
/** Limits off, and the log as in production, but to a file that keeps nothing. */
const ENV = { RATE_LIMIT_PER_MINUTE: '0', LOGIN_LIMIT_PER_MINUTE: '0', MAX_IN_FLIGHT: '0', LOG_LEVEL: 'info' }

export interface BenchPerson extends Person {
  readonly taskId: string
  readonly refreshToken: string
}

/** Everything that is measured, running side by side, the measured processes on a core of their own. */
export interface Stage {
  readonly bare: Instance
  readonly fastify: Instance
  readonly auth: Instance
  readonly task: Instance
  readonly gateways: { name: string; url: string; pid: number }[]
  readonly redisPid: number[]
  readonly people: BenchPerson[]
  /** Others, whose lists grow: those of `people` have to stay as long as they are. */
  readonly creators: BenchPerson[]
  readonly describe: readonly string[]
  stop(): Promise<void>
}

async function startServer(file: string, supervisor: Supervisor): Promise<Instance> {
  const [port = 0] = await freePorts(1)
  const cwd = fileURLToPath(new URL('.', import.meta.url))
  const env = { ...process.env, PORT: String(port) }
  const spec = { name: file, command: process.execPath, args: [`servers/${file}`], cwd, env }
  return startInstance({ spec, url: `http://127.0.0.1:${port}`, supervisor })
}

async function send(url: string, document: object, authorization?: string): Promise<Record<string, string>> {
  const headers = { 'content-type': 'application/json', ...(authorization && { authorization }) }
  const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(document) })
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}: ${await answer.text()}`)
  return (await answer.json()) as Record<string, string>
}

async function withTasks(person: Person, auth: Instance, task: Instance): Promise<BenchPerson> {
  const { email, password, authorization } = person
  const { refresh_token: refreshToken = '' } = await send(`${auth.url}/auth/login`, { email, password })
  let taskId = ''
  for (let n = 0; n < TASKS_EACH; n++)
    taskId = (await send(`${task.url}/tasks/`, { title: `Task ${n} of a list` }, authorization))._id ?? ''
  return { ...person, taskId, refreshToken }
}

/** Starts everything, makes `count` people with a list of 20 tasks each, and waits until their lists are in the cache. */
export async function openStage(
  count: number,
  gateway: 'fastify' | 'nginx',
  profileDirectory?: string,
): Promise<Stage> {
  const preloaded = ['servers/quiet.mjs', ...(profileDirectory ? ['profile/attach.mjs'] : [])].map(
    (file) => `--import=${new URL(file, import.meta.url).href}`,
  )
  const platform = await startPlatform({
    tasks: 1,
    gateway,
    env: {
      ...process.env,
      ...ENV,
      NODE_OPTIONS: preloaded.join(' '),
      ...(profileDirectory && { PROFILE_TO: profileDirectory }),
    },
    say: console.log,
  })
  const { supervisor, system, stores } = platform
  const task = system.tasks[0] as Instance
  const [bare, fastify] = await Promise.all(
    ['hello.ts', 'fastify.ts'].map((file) => startServer(file, supervisor)),
  )
  const everyone: BenchPerson[] = []
  for (const person of await newPeople(system.baseUrl, count + Math.ceil(count / CREATORS)))
    everyone.push(await withTasks(person, system.auth, task))
  const servers = [bare, fastify, system.auth, task, system.gateway] as Instance[]
  for (const { pid } of servers) pin(pid, SERVER_CPU)
  pin(process.pid, LOAD_CPU)
  return {
    bare: bare as Instance,
    fastify: fastify as Instance,
    auth: system.auth,
    task,
    gateways: [{ name: gateway, url: system.baseUrl, pid: system.gateway.pid }],
    redisPid: stores.redis.pid === undefined ? [] : [stores.redis.pid],
    people: everyone.slice(0, count),
    creators: everyone.slice(count),
    describe: [...stores.describe, `gateway: ${system.describeGateway}`],
    stop: () => platform.stop(),
  }
}
