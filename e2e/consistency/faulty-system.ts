import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import {
  createSupervisor,
  describeExit,
  type Instance,
  type Platform,
  type Store,
  type Stores,
  type Supervisor,
  startPlatform,
  startStores,
} from '../../dev/index.ts'
import { type FaultProxy, startFaultProxy } from '../harness/fault-proxy.ts'

export const INSTANCES = 3
const QUIET = {
  RATE_LIMIT_PER_MINUTE: '0',
  LOGIN_LIMIT_PER_MINUTE: '0',
  ACCESS_TOKEN_SECONDS: '14400',
  LOG_LEVEL: 'error',
}

/** The whole system, with every link between an instance and a store in the harness's hands. */
export interface FaultySystem {
  readonly baseUrl: string
  readonly instances: readonly Instance[]
  readonly redis: Store
  readonly mongodb: Store
  /** One for each instance */
  readonly redisLinks: readonly FaultProxy[]
  readonly mongodbLinks: readonly FaultProxy[]
  /** A client of the real Redis, beside the links */
  readonly redisClient: Redis
  readonly description: readonly string[]
  /** A second Redis process, started when first asked for */
  otherRedis(): Promise<Store>
  stop(): Promise<void>
}

export interface FaultySystemOptions {
  /** Module that task-service loads first, to swap a part of it */
  readonly variant?: URL
  /** nginx unless said otherwise: it leaves the most of a small machine to the load */
  readonly gateway?: 'fastify' | 'nginx'
  /** False only where no fault kills the database: with it every write waits for the disk. */
  readonly syncOnCommit?: boolean
  readonly say?: (line: string) => void
}

/** Starts stores, proxies, services and gateway. @throws Error of one sentence; what had been started is ended */
export async function startFaultySystem({
  variant,
  gateway = 'nginx',
  syncOnCommit = true,
  say = () => {},
}: FaultySystemOptions = {}): Promise<FaultySystem> {
  const supervisor = createSupervisor({ onUnexpectedExit: (...end) => say(describeExit(...end)) })
  const directory = await supervisor.temporaryDirectory()
  const links: FaultProxy[] = []
  let platform: Platform | undefined

  async function stop(): Promise<void> {
    await platform?.stop()
    await Promise.all(links.map((link) => link.close()))
    await supervisor.stopAll()
    await rm(directory, { recursive: true, force: true })
  }

  try {
    const stores = await startStores({
      supervisor,
      dataDir: join(directory, 'first'),
      syncOnCommit,
      say,
    })
    const redisLinks = await linksTo(stores.redisUrl, links)
    const mongodbLinks = await linksTo(stores.mongodbUri, links)
    const env = { ...process.env, ...QUIET }
    const taskEnv = (index: number) => ({
      REDIS_URL: through(stores.redisUrl, redisLinks[index] as FaultProxy),
      MONGODB_URI: through(stores.mongodbUri, mongodbLinks[index] as FaultProxy),
      ...(variant && { NODE_OPTIONS: `--import=${variant}` }),
    })
    platform = await startPlatform({ tasks: INSTANCES, gateway, stores, env, taskEnv, say })
    return describeSystem(platform, stores, supervisor, directory, { redisLinks, mongodbLinks, stop })
  } catch (error) {
    await stop()
    throw error
  }
}

interface Held {
  readonly redisLinks: readonly FaultProxy[]
  readonly mongodbLinks: readonly FaultProxy[]
  stop(): Promise<void>
}

function describeSystem(
  platform: Platform,
  stores: Stores,
  supervisor: Supervisor,
  directory: string,
  held: Held,
): FaultySystem {
  const { system } = platform
  const redisClient = new Redis(stores.redisUrl, { maxRetriesPerRequest: null, retryStrategy: () => 100 })
  // Redis is restarted on purpose.
  redisClient.on('error', () => {})
  let other: Promise<Stores> | undefined
  return {
    ...held,
    baseUrl: system.baseUrl,
    instances: system.tasks,
    redis: stores.redis,
    mongodb: stores.mongodb,
    redisClient,
    description: [...stores.describe, `gateway: ${system.describeGateway}`],
    async otherRedis() {
      other ??= startStores({
        supervisor,
        dataDir: join(directory, 'second'),
        env: { MONGODB_URI: stores.mongodbUri },
      })
      return (await other).redis
    },
    async stop() {
      redisClient.disconnect()
      await held.stop()
    },
  }
}

/** One link for each instance, also remembered in `all`. */
async function linksTo(url: string, all: FaultProxy[]): Promise<FaultProxy[]> {
  const links: FaultProxy[] = []
  for (let i = 0; i < INSTANCES; i++) {
    const link = await startFaultProxy(targetOf(url))
    links.push(link)
    all.push(link)
  }
  return links
}

export function targetOf(url: string): { host: string; port: number } {
  const { hostname, port } = new URL(url)
  return { host: hostname, port: Number(port) }
}

function through(url: string, link: FaultProxy): string {
  const address = new URL(url)
  address.hostname = '127.0.0.1'
  address.port = String(link.port)
  return address.href
}
