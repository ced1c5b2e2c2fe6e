import { execFileSync } from 'node:child_process'
import t from 'tap'
import { parse } from 'yaml'
import { ROOT } from '../src/charts.ts'
import { podsWanted } from '../src/scaling-arithmetic.ts'

const args = [
  'template',
  'r',
  `${ROOT}charts/task-service`,
  '--show-only',
  'templates/scaledobject.yaml',
  '--set',
  'keda.enabled=true,keda.prometheus.serverAddress=http://p:9090,mongodb.existingSecret=m,redis.existingSecret=r',
]
const { spec } = parse(execFileSync('helm', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }))
const [trigger] = spec.triggers
const threshold = Number(trigger.metadata.threshold)

/** What the chart's query would return for pods with these utilizations. */
function queried(utilizations: number[]): number {
  const [, aggregation] = /^(\w+)\(event_loop_utilization\{/.exec(trigger.metadata.query) ?? []
  const sum = utilizations.reduce((a, b) => a + b, 0)
  if (aggregation === 'sum') return sum
  if (aggregation === 'avg') return sum / utilizations.length
  throw new Error(`the arithmetic of ${trigger.metadata.query} is not known`)
}

const wanted = (utilizations: number[]) => podsWanted(queried(utilizations), threshold, utilizations.length)

t.test('pods that are busier than wanted get enough company to come down to the threshold', (t) => {
  t.equal(trigger.metricType, 'AverageValue')
  t.equal(wanted([0.95, 0.95]), 4, '1.9 / 0.6')
  t.equal(wanted([0.9, 0.9, 0.9, 0.9]), 6, '3.6 / 0.6')
  t.end()
})

t.test('pods at the threshold stay as many, however many they are', (t) => {
  for (const pods of [1, 2, 7]) t.equal(wanted(Array.from({ length: pods }, () => threshold)), pods)
  t.end()
})

t.test('idle pods go', (t) => {
  t.equal(wanted([0.1, 0.1, 0.1, 0.1]), 1)
  t.end()
})

t.test('one busy pod among idle ones does not double the rest', (t) => {
  t.equal(wanted([0.9, 0.1, 0.1]), 2)
  t.end()
})
