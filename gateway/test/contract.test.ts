import { readFileSync } from 'node:fs'
import t from 'tap'
import { buildGateway } from '../src/app.ts'
import { loadConfig } from '../src/config.ts'
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
