import type { Machine } from '../machine.ts'
import { HOST } from '../ports.ts'
import { ensurePythonPackage, type PythonPackage } from '../python.ts'
import { onPath, run } from '../run.ts'
import { waitUntil } from '../wait.ts'
import { containerSpec, dockerHas } from './docker.ts'
import { downloadedMongod } from './mongod-download.ts'
import { withoutPassword } from './redis.ts'
import type { Found, Provider, StoreLocation } from './store.ts'

const MONGO_IMAGE = 'mongo:8'
const MONGODB_PORT = 27017
const REPLICA_SET = 'authdb'
const ANSWER_TIMEOUT_MS = 10_000
const VERSION_TIMEOUT_MS = 60_000
const PRIMARY_TIMEOUT_MS = 60_000
const CACHE_SIZE = '256M'
const ALREADY_INITIALIZED = 23
const SECANTUS: PythonPackage = {
  requirement: 'secantusdb==0.7.0b3',
  withDependencies: true,
  minimumPython: [3, 10],
}

export const mongodbUri = (port: number): string => `mongodb://${HOST}:${port}/?directConnection=true`

async function withAdmin<T>(
  uri: string,
  work: (command: (document: object) => Promise<Record<string, unknown>>) => Promise<T>,
): Promise<T> {
  // Loaded when it is needed: most who import dev/index.ts never talk to MongoDB.
  const { MongoClient } = await import('mongodb')
  const client = new MongoClient(uri, {
    serverSelectionTimeoutMS: ANSWER_TIMEOUT_MS,
    connectTimeoutMS: ANSWER_TIMEOUT_MS,
  })
  try {
    return await work((document) => client.db('admin').command(document as Record<string, unknown>))
  } finally {
    await client.close()
  }
}

/** Whether a server with MongoDB's protocol is there. */
export function mongodbAnswers(uri: string): Promise<boolean> {
  return withAdmin(uri, async (command) => (await command({ ping: 1 })).ok === 1).catch(() => false)
}

/**
 * Makes a mongod the only member of a replica set: only there are acknowledged writes journaled, as on every real
 * installation. Data that was used on another port is told the new one.
 */
async function initiateReplicaSet(uri: string, member: string): Promise<void> {
  await withAdmin(uri, async (command) => {
    const members = [{ _id: 0, host: member }]
    await command({ replSetInitiate: { _id: REPLICA_SET, members } }).catch(async (error) => {
      if (error.code !== ALREADY_INITIALIZED) throw error
      const { config } = (await command({ replSetGetConfig: 1 })) as {
        config: { version: number; members: { host: string }[] }
      }
      if (config.members[0]?.host === member) return
      await command({ replSetReconfig: { ...config, version: config.version + 1, members }, force: true })
    })
    await waitUntil(
      'The election of the primary',
      PRIMARY_TIMEOUT_MS,
      async () => (await command({ hello: 1 })).isWritablePrimary === true,
    )
  })
}

function mongod(command: string, describe: string): Found {
  const spec = ({ port, dataDir }: StoreLocation) => ({
    name: 'mongodb',
    command,
    args: [
      '--port',
      String(port),
      '--bind_ip',
      HOST,
      '--dbpath',
      dataDir,
      '--replSet',
      REPLICA_SET,
      '--quiet',
    ],
  })
  const initiate = ({ port }: StoreLocation) => initiateReplicaSet(mongodbUri(port), `${HOST}:${port}`)
  return { program: { describe, kind: 'mongod', spec, initiate } }
}

function inDocker(): Found {
  const container = {
    image: MONGO_IMAGE,
    port: MONGODB_PORT,
    data: '/data/db',
    args: ['--replSet', REPLICA_SET, '--bind_ip_all', '--quiet'],
  }
  const initiate = ({ port }: StoreLocation) =>
    initiateReplicaSet(mongodbUri(port), `${HOST}:${MONGODB_PORT}`)
  return {
    program: {
      describe: `Docker image ${MONGO_IMAGE}`,
      kind: 'docker',
      spec: (location) => containerSpec(container, location),
      initiate,
    },
  }
}

function secantus(command: string, prefix: readonly string[], kind: string, describe: string): Found {
  const spec = ({ port, dataDir, syncOnCommit }: StoreLocation) => ({
    name: 'mongodb',
    command,
    cwd: dataDir,
    args: [
      ...prefix,
      ...[
        '--host',
        HOST,
        '--port',
        String(port),
        '--storage-path',
        dataDir,
        '--cache-size',
        CACHE_SIZE,
        '--log-level',
        'WARNING',
      ],
      ...(syncOnCommit ? ['--sync-on-commit'] : []),
    ],
  })
  return { program: { describe, kind, spec } }
}

/** In this order: MONGODB_URI, mongod on PATH, a Docker engine, a downloaded mongod, SecantusDB (Rust on PATH, else from PyPI). */
export function mongodbProviders(machine: Machine): Provider[] {
  const { env } = machine
  return [
    async () =>
      env.MONGODB_URI
        ? { url: env.MONGODB_URI, describe: `MongoDB at ${withoutPassword(env.MONGODB_URI)} (MONGODB_URI)` }
        : undefined,
    async () => {
      const command = await onPath('mongod', env.PATH)
      if (!command || !(await run(command, ['--version'], VERSION_TIMEOUT_MS)).ok) return undefined
      return mongod(command, `mongod from PATH (${command})`)
    },
    async () => ((await dockerHas(MONGO_IMAGE, machine)) ? inDocker() : undefined),
    async () => {
      const command = await downloadedMongod(machine)
      return command ? mongod(command, 'a downloaded mongod') : undefined
    },
    async () => {
      const command = await onPath('secantusd-rs', env.PATH)
      return command
        ? secantus(command, [], 'secantus-rs', `SecantusDB, a stand-in for MongoDB, from PATH (${command})`)
        : undefined
    },
    async () => {
      const { python } = await ensurePythonPackage(machine, SECANTUS)
      const start = ['-c', 'from secantus.cli import main; main()']
      return secantus(
        python,
        start,
        'secantus-py',
        `SecantusDB, a stand-in for MongoDB (${SECANTUS.requirement} from PyPI)`,
      )
    },
  ]
}
