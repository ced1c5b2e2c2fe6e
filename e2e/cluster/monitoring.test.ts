import { readFileSync } from 'node:fs'
import t from 'tap'
import { call, newPerson } from '../harness/client.ts'
import {
  chartArguments,
  currentInstallation,
  RELEASE,
  ROOT,
  SERVICES,
} from '../harness/cluster/installation.ts'
import { run } from '../harness/command.ts'
import { until } from '../harness/until.ts'

/** A real Prometheus scrapes the running system: it takes the alerts, and every panel of the dashboards shows something. */
const { namespace } = currentInstallation()
const tag = process.env.IMAGE_TAG as string
const image = process.env.E2E_PROMETHEUS_IMAGE
const skip = image ? false : 'E2E_PROMETHEUS_IMAGE names no image of Prometheus 3'
const PORTS = { 'auth-service': 9101, 'task-service': 9102 } as const

/** Targets by the names of the pods, which the operator's monitors would label them with. */
async function configuration(): Promise<string> {
  const targets = await Promise.all(
    SERVICES.map(async (service) =>
      (await namespace.readyPods(service)).map(async (pod) => {
        const { status } = await namespace.get('pod', pod)
        return { targets: [`${status.podIP}:${PORTS[service]}`], labels: { namespace: namespace.name, pod } }
      }),
    ),
  )
  return JSON.stringify({
    global: { scrape_interval: '2s', evaluation_interval: '2s' },
    rule_files: ['/etc/prometheus/rules-*.yaml'],
    scrape_configs: [{ job_name: 'authdb', static_configs: await Promise.all(targets.flat()) }],
  })
}

/** What the charts render as PrometheusRule, as files of Prometheus' own. */
async function rules(): Promise<[string, string][]> {
  return Promise.all(
    SERVICES.map(async (service): Promise<[string, string]> => {
      const set = `${service}.metrics.rules.enabled=true`
      const show = ['--show-only', `charts/${service}/templates/prometheusrule.yaml`]
      const [, ...rest] = chartArguments(tag).filter((arg) => arg !== '--wait')
      const args = ['template', RELEASE, ...rest.slice(0, -2), '--set', set, ...show]
      const manifest = await namespace.helm(...args)
      return [`rules-${service}.yaml`, manifest.slice(manifest.indexOf('groups:')).replaceAll(/^ {2}/gm, '')]
    }),
  )
}

async function startPrometheus(): Promise<void> {
  const files: [string, string][] = [['prometheus.yml', await configuration()], ...(await rules())]
  const restricted = { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } }
  const labels = { 'app.kubernetes.io/instance': RELEASE, 'app.kubernetes.io/component': 'test' }
  const manifests = {
    apiVersion: 'v1',
    kind: 'List',
    items: [
      {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'prometheus' },
        data: Object.fromEntries(files),
      },
      {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: 'prometheus', labels },
        spec: {
          automountServiceAccountToken: false,
          securityContext: {
            runAsNonRoot: true,
            runAsUser: 65534,
            seccompProfile: { type: 'RuntimeDefault' },
          },
          containers: [
            {
              name: 'prometheus',
              image,
              imagePullPolicy: 'IfNotPresent',
              args: ['--config.file=/etc/prometheus/prometheus.yml', '--storage.tsdb.path=/data'],
              ports: [{ containerPort: 9090 }],
              securityContext: restricted,
              volumeMounts: [
                { name: 'config', mountPath: '/etc/prometheus' },
                { name: 'data', mountPath: '/data' },
              ],
            },
          ],
          volumes: [
            { name: 'config', configMap: { name: 'prometheus' } },
            { name: 'data', emptyDir: {} },
          ],
        },
      },
    ],
  }
  await run('kubectl', ['--namespace', namespace.name, 'apply', '--filename', '-'], {
    input: JSON.stringify(manifests),
  })
  await namespace.kubectl('wait', '--for=condition=Ready', 'pod/prometheus', '--timeout=60s')
}

// biome-ignore lint/suspicious/noExplicitAny: Prometheus' answers are read where their shape is known
async function ask(path: string): Promise<any> {
  const raw = `/api/v1/namespaces/${namespace.name}/pods/prometheus:9090/proxy/api/v1/${path}`
  return JSON.parse(await namespace.kubectl('get', '--raw', raw)).data
}

/** Numbers that a query gives now. */
async function valuesOf(query: string): Promise<number[]> {
  const { result } = await ask(`query?query=${encodeURIComponent(query)}`)
  return result
    .map(({ value }: { value: [number, string] }) => Number(value[1]))
    .filter((value: number) => !Number.isNaN(value))
}

/** A bit of everything that the panels show. */
async function traffic(): Promise<void> {
  const { token } = await newPerson()
  await call('/tasks', { method: 'POST', token, json: { title: 'seen' } })
  for (let reading = 0; reading < 5; reading++) await call('/tasks', { token })
  await call('/auth/logout', { method: 'POST', token })
}

interface Panel {
  title: string
  targets: { expr: string }[]
}

t.test('every panel has a value, and Prometheus takes every alert', { skip }, async (t) => {
  await startPrometheus()
  const { groups } = await ask('rules')
  const alerts = groups.flatMap((group: { rules: { name: string }[] }) => group.rules.map(({ name }) => name))
  t.ok(alerts.includes('AuthDBServedStale') && alerts.includes('AuthDBPasswordHashQueue'), alerts.join())
  for (const service of SERVICES) {
    const text = readFileSync(`${ROOT}charts/${service}/files/dashboard.json`, 'utf8')
    for (const { title, targets } of JSON.parse(text).panels as Panel[]) {
      for (const { expr } of targets) {
        const query = expr.replaceAll('$namespace', namespace.name).replaceAll('$__rate_interval', '1m')
        await until(
          `${service}: ${title}: ${query}`,
          async () => {
            if ((await valuesOf(query)).length > 0) return true
            await traffic()
            return false
          },
          60_000,
        ).catch((error: Error) => t.fail(error.message))
        t.pass(`${service}: ${title}`)
      }
    }
  }
})

t.teardown(() =>
  namespace.kubectl('delete', 'pod/prometheus', 'configmap/prometheus', '--ignore-not-found', '--wait=false'),
)
