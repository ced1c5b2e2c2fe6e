import { request, type Workload } from './load/closed-loop.ts'
import type { Stage } from './stage.ts'

/** One thing that is measured: what is asked, and whose processor time it costs. */
export interface Case {
  readonly name: string
  /** Processes whose time is charged to a request */
  readonly pids: readonly number[]
  readonly workload: Workload
  /** Before each measurement */
  prepare?(): Promise<void>
}

const CONNECTIONS = 64
/** Where MongoDB answers: more at once would measure how a slow stand-in queues. */
const DATABASE_CONNECTIONS = 8
/** Few, as people who log in are: each takes a whole core for some 30 ms. */
const LOGIN_CONNECTIONS = 4

/** A log-in can be no faster than the verification of its password. */
export const VERIFICATION = 'bare argon2: a verification behind node:http'
export const LOG_IN = 'log-in'

/** Goes through requests that are made beforehand, one after another over all connections. */
function inTurn(requests: readonly Buffer[]): Workload['next'] {
  let count = 0
  return () => requests[count++ % requests.length] as Buffer
}

/** What an answer out of the cache says; a peer may say it otherwise. */
const HIT = 'cache-status: task-lists; hit'

function get(url: string, path: string, people: Stage['peers'], connections = CONNECTIONS): Workload {
  const requests = people.map(({ authorization }) => request('GET', path, { authorization }))
  return { url, connections, expected: 200, next: inTurn(requests) }
}

/** Reads lists into the cache, a few at a time: all connections at once would only wait for the database. */
function warmed(url: string, people: Stage['people']): () => Promise<void> {
  return async () => {
    const waiting = [...people]
    const reader = async () => {
      for (let person = waiting.pop(); person; person = waiting.pop())
        await (
          await fetch(`${url}/tasks/`, { headers: { authorization: person.authorization } })
        ).arrayBuffer()
    }
    await Promise.all(Array.from({ length: DATABASE_CONNECTIONS }, reader))
  }
}

/** Lists that come out of the cache. */
export function hits(name: string, pids: readonly number[], url: string, people: Stage['people']): Case {
  return { name, pids, workload: { ...get(url, '/tasks/', people), says: HIT }, prepare: warmed(url, people) }
}

/** Each connection refreshes a session of its own: a token is used once, the answer brings the next. */
function refreshing({ auth, people }: Stage): Workload {
  const tokens = people.slice(0, DATABASE_CONNECTIONS).map(({ refreshToken }) => refreshToken)
  return {
    url: auth.url,
    connections: tokens.length,
    expected: 200,
    next: (connection) => request('POST', '/auth/refresh', {}, { refresh_token: tokens[connection] }),
    answered(connection, { body }) {
      tokens[connection] = (JSON.parse(String(body)) as { refresh_token: string }).refresh_token
    },
  }
}

/** Everything that is measured in one run, in the order in which a round goes through it. */
export function casesOf(stage: Stage, peer?: string): Case[] {
  const { bare, fastify, argon2, task, tasks, auth, gateways, redisPid, people, creators, peers } = stage
  const hello = (url: string): Workload => ({
    url,
    connections: CONNECTIONS,
    expected: 200,
    next: inTurn([request('GET', '/')]),
  })
  const creates = creators.map(({ authorization }) =>
    request('POST', '/tasks/', { authorization }, { title: 'one of many', labels: ['bench'] }),
  )
  const updates = people.map(({ authorization, taskId }, n) =>
    request('PUT', `/tasks/${taskId}`, { authorization }, { title: `changed ${n}` }),
  )
  const logins = people.map(({ email, password }) => request('POST', '/auth/login', {}, { email, password }))
  const throughGateways = gateways.map(({ name, url, pids }) =>
    hits(
      `hit, through ${name}, gateway and Redis charged`,
      [...tasks.map(({ pid }) => pid), ...pids, ...redisPid],
      url,
      people,
    ),
  )
  return [
    { name: 'bare node:http hello', pids: [bare.pid], workload: hello(bare.url) },
    { name: 'Fastify hello', pids: [fastify.pid], workload: hello(fastify.url) },
    hits('hit: cached list of 20', [task.pid], task.url, people),
    {
      name: 'miss: uncached list of 20',
      pids: [task.pid],
      workload: get(task.url, '/tasks/?limit=20', people, DATABASE_CONNECTIONS),
    },
    ...throughGateways,
    ...(peer === undefined
      ? []
      : [{ name: `list of 20 of ${peer}`, pids: [], workload: get(peer, '/tasks/', peers) }]),
    {
      name: 'update',
      pids: [task.pid],
      // No two at once on one task: what is measured is an update, not a conflict.
      workload: {
        url: task.url,
        connections: Math.min(DATABASE_CONNECTIONS, people.length),
        expected: 200,
        next: inTurn(updates),
      },
    },
    { name: 'refresh', pids: [auth.pid], workload: refreshing(stage) },
    {
      name: VERIFICATION,
      pids: [argon2.pid],
      workload: { ...hello(argon2.url), connections: LOGIN_CONNECTIONS },
    },
    {
      name: LOG_IN,
      pids: [auth.pid],
      workload: { url: auth.url, connections: LOGIN_CONNECTIONS, expected: 200, next: inTurn(logins) },
    },
    {
      name: 'create',
      pids: [task.pid],
      workload: { url: task.url, connections: DATABASE_CONNECTIONS, expected: 201, next: inTurn(creates) },
    },
  ]
}
