import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  CACHE_DIR,
  findNginx,
  freePorts,
  type Instance,
  type Platform,
  prepareNginx,
  type Stores,
  type Supervisor,
  startInstance,
  startPlatform,
} from '../dev/index.ts'
import { newPeople, newPerson, type Person } from '../e2e/harness/people.ts'
import { familyOf, pin } from './processor.ts'
import type { Settings } from './settings.ts'

/** The measured processes have a processor of their own; stores and load have the other. */
export const SERVER_CPU = 0
export const LOAD_CPU = 1
const TASKS_EACH = 20
/** One creator for so many others */
const CREATORS = 4
/** Of a peer: whatever it is limited by, it is few requests that make them. */
const PEERS = 20
/** Limits off, and the log as in production, but to a file that keeps nothing. */
export const ENV = {
  RATE_LIMIT_PER_MINUTE: '0',
  LOGIN_LIMIT_PER_MINUTE: '0',
  MAX_IN_FLIGHT: '0',
  LOG_LEVEL: 'info',
}

export interface BenchPerson extends Person {
  readonly taskId: string
  readonly refreshToken: string
}

export interface BenchGateway {
  name: string
  url: string
  pids: readonly number[]
  isNode: boolean
}

/** Everything that is measured, running side by side, the measured processes on a core of their own. */
export interface Stage {
  readonly bare: Instance
  readonly fastify: Instance
  readonly argon2: Instance
  readonly auth: Instance
  /** The first instance, which is measured alone */
  readonly task: Instance
  /** All there are */
  readonly tasks: readonly Instance[]
  readonly gateways: readonly BenchGateway[]
  readonly redisPid: number[]
  readonly people: BenchPerson[]
  /** Others, whose lists grow: those of `people` have to stay as long as they are. */
  readonly creators: BenchPerson[]
  /** People of a peer, with lists of their own; none without one */
  readonly peers: readonly Person[]
  readonly stores: Stores
  readonly describe: readonly string[]
  /** Somebody without tasks */
  newPerson(): Promise<BenchPerson>
  /** One more instance, which the Fastify gateway uses from then on */
  addTask(): Promise<void>
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

/** Gives somebody a list of 20 tasks. */
export async function withTasks(person: Person, authUrl: string, taskUrl: string): Promise<BenchPerson> {
  const { email, password, authorization } = person
  const { refresh_token: refreshToken = '' } = await send(`${authUrl}/auth/login`, { email, password })
  let taskId = ''
  for (let n = 0; n < TASKS_EACH; n++)
    taskId = (await send(`${taskUrl}/tasks/`, { title: `Task ${n} of a list` }, authorization))._id ?? ''
  return { ...person, taskId, refreshToken }
}

/** Nginx beside the gateway of the platform, where it can be had. */
async function nginxBeside({ supervisor, system }: Platform): Promise<BenchGateway | string> {
  const say = console.log
  try {
    const { command } = await findNginx({ env: process.env, cacheDir: CACHE_DIR, say })
    const [port = 0] = await freePorts(1)
    const settings = {
      host: '127.0.0.1',
      port,
      corsOrigins: ['loopback'],
      authUpstreams: [system.auth.url],
      taskUpstreams: system.tasks.map(({ url }) => url),
    }
    const directory = join(await supervisor.temporaryDirectory(), 'nginx')
    const spec = await prepareNginx(command, settings, directory)
    const { url, pid } = await startInstance({ spec, url: `http://127.0.0.1:${port}`, supervisor })
    return { name: 'nginx', url, pids: familyOf(pid), isNode: false }
  } catch (error) {
    return `no nginx: ${(error as Error).message}`
  }
}

async function peersOf(peer: string | undefined, count: number): Promise<Person[]> {
  if (peer === undefined) return []
  const people = await newPeople(peer, count)
  for (const person of people) await withTasks(person, peer, peer)
  return people
}

/** What is loaded before the measured services. */
function preloaded(profile: string | undefined): string {
  const files = ['servers/quiet.mjs', ...(profile === undefined ? [] : ['profile/attach.mjs'])]
  return files.map((file) => `--import=${new URL(file, import.meta.url).href}`).join(' ')
}

/** Starts everything and makes people with a list of 20 tasks each. */
export async function openStage({ people: count, profile, peer }: Settings): Promise<Stage> {
  const platform = await startPlatform({
    tasks: 1,
    gateway: 'fastify',
    env: {
      ...process.env,
      ...ENV,
      NODE_OPTIONS: preloaded(profile),
      ...(profile !== undefined && { PROFILE_TO: profile }),
    },
    say: console.log,
  })
  const { supervisor, system, stores } = platform
  const task = system.tasks[0] as Instance
  const [bare, fastify, argon2] = (await Promise.all(
    ['hello.ts', 'fastify.ts', 'argon2.ts'].map((file) => startServer(file, supervisor)),
  )) as [Instance, Instance, Instance]
  const nginx = await nginxBeside(platform)
  const everyone: BenchPerson[] = []
  for (const person of await newPeople(system.baseUrl, count + Math.ceil(count / CREATORS)))
    everyone.push(await withTasks(person, system.auth.url, task.url))
  const gateways: BenchGateway[] = [
    { name: 'fastify', url: system.baseUrl, pids: [system.gateway.pid], isNode: true },
    ...(typeof nginx === 'string' ? [] : [nginx]),
  ]
  const servers = [bare.pid, fastify.pid, argon2.pid, system.auth.pid, task.pid]
  for (const pid of [...servers, ...gateways.flatMap(({ pids }) => pids)]) pin(pid, SERVER_CPU)
  pin(process.pid, LOAD_CPU)
  return {
    bare,
    fastify,
    argon2,
    auth: system.auth,
    task,
    tasks: system.tasks,
    gateways,
    redisPid: stores.redis.pid === undefined ? [] : [stores.redis.pid],
    people: everyone.slice(0, count),
    creators: everyone.slice(count),
    peers: await peersOf(peer, Math.min(count, PEERS)),
    stores,
    describe: [...stores.describe, ...(typeof nginx === 'string' ? [nginx] : [])],
    async newPerson() {
      return { ...(await newPerson(system.baseUrl)), taskId: '' }
    },
    async addTask() {
      pin((await system.addTask()).pid, SERVER_CPU)
    },
    stop: () => platform.stop(),
  }
}
