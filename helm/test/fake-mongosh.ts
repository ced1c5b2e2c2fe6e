import { readFileSync } from 'node:fs'
import vm from 'node:vm'
import { ROOT } from '../src/charts.ts'

/** A member of the pretended deployment: what it holds, and how it answers. */
export interface Member {
  /** Seconds until it answers at all. */
  awayFor?: number
  setName?: string
  isPrimary?: boolean
  /** Password of root, where the member knows one. */
  rootPassword?: string
  /** Collections outside of admin, local and config. */
  collections?: number
}

export interface Run {
  exitCode: number | undefined
  error: string | undefined
  printed: string[]
  /** Requests that change something, with the host they went to. */
  changes: { host: string; database: string; request: Record<string, unknown> }[]
}

interface Options {
  members: Record<string, Member>
  desired: string[]
  replicaSet?: string
  users?: { name: string; database: string }[]
  existingUsers?: string[]
  /** Members of the set's stored configuration. */
  configured?: string[]
  waitSeconds?: number
  rootPassword?: string
  /** The release has made it, for a single server */
  rootPasswordIsGenerated?: boolean
  /** Reconfigured members become SECONDARY after this many looks at the status. */
  catchesUpAfter?: number
}

/** What a mongod with --replSet refuses until its set is initiated. */
const WANT_A_SET = ['listDatabases', 'find', 'dbStats']
const NOT_PRIMARY_OR_SECONDARY = 13436
const CHANGES = ['replSetInitiate', 'replSetReconfig', 'createUser', 'updateUser']
const failure = (code: number, message: string) => Object.assign(new Error(message), { code })

/**
 * Runs charts/mongodb/files/setup.js against a pretended deployment, with the globals that mongosh would give it.
 * Time is pretended, too: sleep() moves the clock.
 */
export function runSetup(options: Options): Run {
  const run: Run = { exitCode: undefined, error: undefined, printed: [], changes: [] }
  const started = Date.now()
  let clock = started
  let looks = 0
  const configuration = {
    _id: options.replicaSet,
    version: 3,
    members: (options.configured ?? []).map((host, _id) => ({ _id, host })),
  }

  function answer(
    host: string,
    database: string,
    isRoot: boolean,
    request: Record<string, unknown>,
  ): Record<string, unknown> {
    const member = options.members[host] as Member
    const name = Object.keys(request)[0] as string
    if (CHANGES.includes(name)) run.changes.push({ host, database, request })
    if (name === 'hello') {
      return {
        ok: 1,
        ...(member.setName ? { setName: member.setName } : {}),
        isWritablePrimary: member.isPrimary === true,
      }
    }
    if (!isRoot) throw failure(13, `not authorized to run ${name}`)
    if (options.replicaSet && !member.setName && WANT_A_SET.includes(name))
      throw failure(NOT_PRIMARY_OR_SECONDARY, 'node is not in primary or recovering state')
    switch (name) {
      case 'connectionStatus':
        return { ok: 1 }
      case 'serverStatus':
        return { ok: 1, catalogStats: { collections: member.collections ?? 0, internalCollections: 4 } }
      case 'replSetInitiate':
        for (const each of options.desired)
          Object.assign(options.members[each] as Member, {
            setName: options.replicaSet,
            isPrimary: each === host,
            rootPassword: member.rootPassword,
          })
        return { ok: 1 }
      case 'replSetGetConfig':
        return { ok: 1, config: structuredClone(configuration) }
      case 'replSetReconfig':
        Object.assign(configuration, request.replSetReconfig)
        looks = 0
        return { ok: 1 }
      case 'replSetGetStatus':
        looks += 1
        return {
          ok: 1,
          members: configuration.members.map((m) => ({
            name: m.host,
            stateStr: looks > (options.catchesUpAfter ?? 0) ? 'SECONDARY' : 'STARTUP2',
          })),
        }
      case 'usersInfo':
        return {
          ok: 1,
          users: (options.existingUsers ?? []).includes(request.usersInfo as string) ? [{}] : [],
        }
      default:
        return { ok: 1 }
    }
  }

  function Mongo(uri: string) {
    const [, password, host] = /^mongodb:\/\/(?:root:([^@]*)@)?([^/]+)\/admin\?/.exec(uri) as unknown as [
      string,
      string?,
      string?,
    ]
    const member = options.members[host as string]
    if (!member || clock - started < (member.awayFor ?? 0) * 1000)
      throw new Error(`connect ECONNREFUSED ${host}`)
    if (password !== undefined && decodeURIComponent(password) !== member.rootPassword)
      throw failure(18, 'Authentication failed.')
    const getDB = (database: string) => ({
      runCommand: (request: Record<string, unknown>) =>
        answer(host as string, database, password !== undefined, request),
      getSiblingDB: getDB,
    })
    return { getDB }
  }

  class FakeDate extends Date {
    static override now(): number {
      return clock
    }
  }
  const files: Record<string, string> = { '/secret/root-password': `${options.rootPassword ?? 'right'}\n` }
  const users = (options.users ?? []).map((user) => ({ ...user, passwordFile: `/users/${user.name}` }))
  for (const user of users) files[user.passwordFile] = `password of ${user.name}\n`
  try {
    vm.runInNewContext(readFileSync(`${ROOT}charts/mongodb/files/setup.js`, 'utf8'), {
      Mongo,
      Date: FakeDate,
      print: (line: string) => run.printed.push(line),
      sleep: (milliseconds: number) => {
        clock += milliseconds
      },
      quit: (code: number) => {
        run.exitCode ??= code
      },
      require: () => ({ readFileSync: (path: string) => files[path] }),
      process: {
        env: {
          MEMBERS: options.desired.join(','),
          REPLICA_SET: options.replicaSet ?? '',
          USERS: JSON.stringify(users),
          ROOT_PASSWORD_FILE: '/secret/root-password',
          WAIT_SECONDS: String(options.waitSeconds ?? 60),
          ...(options.rootPasswordIsGenerated && { ROOT_PASSWORD_IS_GENERATED: 'true' }),
        },
      },
    })
  } catch (error) {
    run.error = (error as Error).message
  }
  return run
}
