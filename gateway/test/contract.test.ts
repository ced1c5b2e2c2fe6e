import { readdirSync, readFileSync } from 'node:fs'
import t from 'tap'
import { buildGateway } from '../src/app.ts'
import { loadConfig } from '../src/config.ts'
import * as contract from '../src/contract.ts'
import { AUTH_PATHS, METHODS, TASK_PATHS } from '../src/contract.ts'
import { REFUSING } from './fixtures/gateway.ts'

/** Methods and paths of a service's contract. */
function operationsOf(service: string): [method: string, path: string][] {
  const file = new URL(`../../${service}/openapi.json`, import.meta.url)
  const { paths } = JSON.parse(readFileSync(file, 'utf8')) as { paths: Record<string, object> }
  return Object.entries(paths).flatMap(([path, item]) =>
    Object.keys(item).map((method): [string, string] => [method.toUpperCase(), path]),
  )
}

const isUnder = (path: string, prefix: string) => path === prefix || path.startsWith(`${prefix}/`)

for (const [service, prefixes] of [
  ['auth-service', AUTH_PATHS],
  ['task-service', TASK_PATHS],
] as const) {
  t.test(`every path of ${service} is routed to it, and no path that it does not have`, async (t) => {
    const operations = operationsOf(service)
    for (const [method, path] of operations) {
      t.ok(METHODS.includes(method), method)
      t.equal(prefixes.filter((prefix) => isUnder(path, prefix)).length, 1, path)
    }
    for (const prefix of prefixes)
      t.ok(
        operations.some(([, path]) => isUnder(path, prefix)),
        prefix,
      )
  })
}

/** As @fastify/error is told of a problem, and as one stands in a constant */
const ERROR = /createError\(\s*'(?<code>\w+)',\s*'(?<detail>[^']*)',\s*(?<status>\d+)/g
const CONSTANT = /status: (?<status>\d+),\s*code: '(?<code>\w+)',\s*detail: '(?<detail>[^']*)'/g

/** The services' own sentence with this code is about the extensions of chunks. */
const OF_ITS_OWN = 'body_too_large'

/** What a service says by code; a sentence with something to fill in, or one of several for a code, is its own affair. */
function sentencesOf(service: string): Map<string, Set<string>> {
  const folder = new URL(`../../${service}/src/platform/`, import.meta.url)
  const sentences = new Map<string, Set<string>>()
  for (const file of readdirSync(folder).filter((name) => !/\.(test|fixture)\.ts$/.test(name))) {
    const text = readFileSync(new URL(file, folder), 'utf8')
    for (const { groups } of [...text.matchAll(ERROR), ...text.matchAll(CONSTANT)]) {
      const key = `${groups?.status} ${groups?.code}`
      sentences.set(key, (sentences.get(key) ?? new Set()).add(groups?.detail ?? ''))
    }
  }
  return sentences
}

for (const service of ['auth-service', 'task-service']) {
  t.test(`the gateway says in the same words what ${service} says`, async (t) => {
    const sentences = sentencesOf(service)
    const compared: string[] = []
    for (const problem of Object.values(contract)) {
      if (typeof problem !== 'object' || !('code' in problem) || problem.code === OF_ITS_OWN) continue
      const [sentence, another] = sentences.get(`${problem.status} ${problem.code}`) ?? []
      if (sentence === undefined || another !== undefined || sentence.includes('%s')) continue
      t.equal(problem.detail, sentence, problem.code)
      compared.push(problem.code)
    }
    t.strictSame(compared.toSorted(), [
      'headers_too_large',
      'http_version_not_supported',
      'internal_error',
      'method_not_allowed',
      'not_found',
      'overloaded',
      'request_timeout',
      'transfer_coding_unknown',
    ])
  })
}

t.test('a body that stalls is cut after 15 s, like any other request', async (t) => {
  const app = await buildGateway(
    loadConfig({ AUTH_UPSTREAMS: REFUSING, TASK_UPSTREAMS: REFUSING, LOG_LEVEL: 'silent' }),
  )
  t.teardown(() => app.close())
  const { headersTimeout, requestTimeout } = app.server
  t.equal(requestTimeout, 15_000)
  t.ok(headersTimeout <= requestTimeout, 'or Node swaps the two')
  t.equal((app.server as { connectionsCheckingInterval?: number }).connectionsCheckingInterval, 1_000)
})

t.test('an unused connection is let go before an instance that drains closes it', (t) => {
  for (const service of ['auth-service', 'task-service']) {
    const drain = readFileSync(new URL(`../../${service}/src/platform/drain.ts`, import.meta.url), 'utf8')
    const [, kept = '0'] = /KEPT_MS = ([\d_]+)/.exec(drain) ?? []
    t.ok(2 * contract.UPSTREAM_IDLE_MS <= Number(kept.replaceAll('_', '')), `${service}: ${kept} ms`)
  }
  t.end()
})
