import { globSync, readFileSync } from 'node:fs'
import t from 'tap'
import { parse } from 'yaml'
import { ROOT } from '../src/charts.ts'

/** What alerts and dashboards ask for is what the services say. */
const text = (file: string) => readFileSync(ROOT + file, 'utf8')

/** Of request-metrics.ts and the process metrics of the Prometheus client. */
const OF_EVERY_SERVICE = [
  'http_request_duration_seconds',
  'process_cpu_seconds_total',
  'process_resident_memory_bytes',
]

/** Metrics that the service makes itself, by their names in its sources. */
const declaredBy = (service: string) =>
  globSync(`${service}/src/**/*.ts`, { cwd: ROOT })
    .filter((file) => !file.endsWith('.test.ts'))
    .flatMap((file) =>
      [...text(file).matchAll(/\bname: '([a-z][a-z_]+_[a-z_]+)'/g)].map(([, name]) => name as string),
    )

/** Names of the metrics in PromQL: what stands before a brace, without the endings of a histogram. */
const metricsIn = (query: string) =>
  [...query.matchAll(/([a-z_]+)\{/g)].map(([, name]) => (name as string).replace(/_(bucket|count|sum)$/, ''))

interface Rule {
  alert?: string
  expr: string
}

for (const service of ['auth-service', 'task-service']) {
  const known = new Set([...OF_EVERY_SERVICE, ...declaredBy(service)])
  const groups: { rules: Rule[] }[] = parse(text(`charts/${service}/files/alerts.yaml`)).groups
  const panels: { targets: { expr: string }[] }[] = JSON.parse(
    text(`charts/${service}/files/dashboard.json`),
  ).panels
  const queries = [
    ...groups.flatMap(({ rules }) => rules.map(({ expr }) => expr)),
    ...panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)),
  ]

  t.test(`${service}: alerts and panels ask for metrics that it has`, (t) => {
    const asked = queries.flatMap(metricsIn)
    t.ok(asked.length > 10, 'queries were read')
    t.strictSame(
      [...new Set(asked)].filter((name) => !known.has(name)),
      [],
    )
    t.end()
  })

  t.test(`${service}: every query is about the pods of one release or namespace`, (t) => {
    for (const query of queries)
      for (const [selector] of query.matchAll(/\{[^}]*\}/g))
        t.match(selector, /^\{(SELECTOR|namespace="\$namespace",pod=~"\.\*-(auth|task)-service-\.\+")/)
    t.end()
  })

  t.test(`${service}: what is recorded is what the alerts on it read`, (t) => {
    const rules = groups.flatMap(({ rules }) => rules) as (Rule & { record?: string })[]
    const recorded = new Set(rules.flatMap(({ record }) => record ?? []))
    for (const { expr } of rules.filter(({ alert }) => alert))
      for (const [name] of expr.matchAll(/authdb:[a-z_:0-9]+/g)) t.ok(recorded.has(name), name)
    t.end()
  })
}
