import t from 'tap'
import { ROOT } from '../src/charts.ts'
import { readValues, type ValuesEntry } from '../src/values-tree.ts'
import { forEach, REQUIRED, render, STUMBLED } from './render.ts'

/** Null takes a default away: every value may be null, and the chart renders without it or says in a sentence that it cannot. */
function paths(entries: ValuesEntry[], prefix = ''): string[] {
  return entries.flatMap((entry) => [
    prefix + entry.key,
    ...(entry.keywords.additionalProperties ? [] : paths(entry.children, `${prefix}${entry.key}.`)),
  ])
}

/** Switches that make the chart look at most of its values. */
const EVERYTHING: Record<string, string[]> = {
  'charts/auth-service': [
    'autoscaling.enabled=true',
    'metrics.monitor=pod',
    'ingress.enabled=true',
    'ingress.className=nginx',
  ],
  'charts/gateway': ['autoscaling.enabled=true', 'ingress.enabled=true', 'ingress.className=nginx'],
  'charts/task-service': ['keda.enabled=true', 'keda.cpuUtilization=70', 'metrics.monitor=service'],
}

for (const [chart, required] of Object.entries(REQUIRED)) {
  t.test(`${chart}: no value that is null makes the templates stumble`, { timeout: 600_000 }, async (t) => {
    const values = paths(readValues(`${ROOT}${chart}/values.yaml`))
    t.ok(values.length > 30, 'values.yaml was read')
    const settings = [...required, ...(EVERYTHING[chart] ?? [])]
    const stumbled: string[] = []
    await forEach(['global', ...values], async (path) => {
      const without = settings.filter(
        (setting) => !setting.startsWith(`${path}.`) && !setting.startsWith(`${path}=`),
      )
      const { isRendered, error } = await render('r', chart, '--set', [...without, `${path}=null`].join(','))
      if (!isRendered && STUMBLED.test(error)) stumbled.push(`${path}: ${error.trim().split('\n')[0]}`)
    })
    t.strictSame(stumbled, [])
  })
}

t.test('helm/authdb: sections of its parts and of itself may be null, too', async (t) => {
  const sections = ['global', 'components', 'auth-service', 'task-service', 'gateway', 'mongodb', 'redis']
  const below = [
    'auth-service.keda',
    'gateway.upstreams',
    'auth-service.config',
    'task-service.topologySpread',
    'mongodb.auth',
  ]
  const globals = ['config', 'ingress', 'httpRoute', 'ca', 'imageRegistry'].map((key) => `global.${key}`)
  const stumbled: string[] = []
  await forEach([...sections, ...below, ...globals], async (path) => {
    const { error } = await render(
      'r',
      'helm/authdb',
      '--values',
      'helm/authdb/values-dev.yaml',
      '--set',
      `${path}=null`,
    )
    if (STUMBLED.test(error)) stumbled.push(`${path}: ${error.trim().split('\n')[0]}`)
  })
  t.strictSame(stumbled, [])
  t.match(
    (
      await render(
        'r',
        'helm/authdb',
        '--values',
        'helm/authdb/values-dev.yaml',
        '--set',
        'auth-service.keda=null',
      )
    ).error,
    /auth-service[\s\S]*missing property 'keda'/,
    'what is needed is named',
  )
})
