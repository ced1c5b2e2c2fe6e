import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import t from 'tap'
import { parse } from 'yaml'
import { ROOT } from '../src/charts.ts'

/** The charts and the services' own configuration say the same. */
const text = (file: string) => readFileSync(ROOT + file, 'utf8')
const SERVICES = ['auth-service', 'task-service'] as const
const REQUIRED = [
  'mongodb.existingSecret=mongo',
  'redis.existingSecret=cache',
  'secrets.existingSecret=keys',
  'config.adminEmail=a@b.test',
  'config.nameInstances=true',
  'config.taskServiceInternalUrl=http://tasks:9102',
]

// biome-ignore lint/suspicious/noExplicitAny: manifests are read where their shape is known
function render(service: string): any[] {
  const settings = REQUIRED.filter(
    (setting) => service === 'auth-service' || !/secrets|adminEmail|taskService/.test(setting),
  )
  const args = ['template', 'r', `${ROOT}charts/${service}`, '--set', settings.join(',')]
  const output = execFileSync('helm', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
  return output
    .split(/^---$/m)
    .map((document) => parse(document))
    .filter(Boolean)
}

for (const service of SERVICES) {
  const manifests = render(service)
  const deployment = manifests.find(({ kind }) => kind === 'Deployment')
  const [container] = deployment.spec.template.spec.containers
  const configMap = manifests.find(
    ({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === `r-${service}`,
  )
  const variables = new Set([
    ...Object.keys(configMap.data),
    ...container.env.map(({ name }: { name: string }) => name),
  ])
  const declared = [...text(`${service}/src/config.ts`).matchAll(/^ {2}([A-Z][A-Z0-9_]+):/gm)].map(
    ([, name]) => name as string,
  )

  t.test(`${service}: every setting of the service is in the chart, and the chart sets no other`, (t) => {
    t.ok(declared.length > 10, 'config.ts was read')
    t.strictSame(
      declared.filter((name) => !variables.has(name)),
      [],
      'missing in the chart',
    )
    t.strictSame(
      [...variables].filter((name) => !declared.includes(name) && name !== 'UV_THREADPOOL_SIZE'),
      [],
      'unknown to the service',
    )
    t.end()
  })

  t.test(`${service}: version, appVersion and image tag are one`, (t) => {
    const { version } = JSON.parse(text(`${service}/package.json`))
    t.equal(parse(text(`charts/${service}/Chart.yaml`)).appVersion, version)
    t.equal(container.image, `authdb/${service}:${version}`)
    t.end()
  })

  t.test(`${service}: every route of its OpenAPI document is led to it, and no other`, (t) => {
    const { paths } = JSON.parse(text(`${service}/openapi.json`)) as { paths: Record<string, unknown> }
    const { routes } = parse(text(`charts/${service}/values.yaml`)) as { routes: string[] }
    const isLed = (path: string) => routes.some((route) => path === route || path.startsWith(`${route}/`))
    t.strictSame(
      Object.keys(paths).filter((path) => !isLed(path.replace(/^\/api\/v1/, ''))),
      [],
    )
    t.end()
  })

  t.test(`${service}: the image listens where the chart expects it`, (t) => {
    const dockerfile = text(`${service}/Dockerfile`)
    const { ports } = parse(text(`charts/${service}/values.yaml`))
    t.match(dockerfile, `PORT=${ports.http}`)
    t.match(dockerfile, `INTERNAL_PORT=${ports.internal}`)
    t.end()
  })
}

t.test(
  'gateway: every setting of a cluster is in the chart, the chart sets no other, and the image listens there',
  (t) => {
    const output = execFileSync('helm', ['template', 'r', `${ROOT}charts/gateway`], { encoding: 'utf8' })
    const manifests = output.split(/^---$/m).map((document) => parse(document))
    const { data } = manifests.find((one) => one?.kind === 'ConfigMap' && one.metadata.name === 'r-gateway')
    const declared = [...text('gateway/src/config.ts').matchAll(/^ {2}([A-Z][A-Z0-9_]+):/gm)].map(
      ([, name]) => name as string,
    )
    // The image has the page; the rest belongs to `make dev` alone.
    const elsewhere = ['PAGE_DIRECTORY', 'PAGE_CONNECT_TO', 'TARGETS_FILE', 'REPORT_IN_FLIGHT_MS']
    t.strictSame(Object.keys(data).sort(), declared.filter((name) => !elsewhere.includes(name)).sort())
    const { version } = JSON.parse(text('gateway/package.json'))
    t.equal(parse(text('charts/gateway/Chart.yaml')).appVersion, version)
    const dockerfile = text('gateway/Dockerfile')
    t.match(dockerfile, `PORT=${data.PORT} `)
    t.match(dockerfile, 'PAGE_DIRECTORY=/app/page')
    t.end()
  },
)

const job = (...settings: string[]) =>
  execFileSync(
    'helm',
    [
      'template',
      'r',
      `${ROOT}charts/mongodb`,
      '--show-only',
      'templates/setup-job.yaml',
      '--set',
      ['auth.existingSecret=root', ...settings].join(','),
    ],
    { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] },
  )
const jobName = (...settings: string[]) => parse(job(...settings)).metadata.name

t.test('the set-up Job has another name exactly when it has something else to do', (t) => {
  t.equal(jobName(), jobName())
  for (const change of [
    'replicaSet.members=5',
    'image.tag=8.2',
    'auth.revision=second',
    'architecture=standalone',
    'users[0].name=x,users[0].database=x,users[0].existingSecret=y',
  ]) {
    t.not(jobName(change), jobName(), change)
  }
  t.equal(jobName('persistence.size=9Gi'), jobName(), 'nothing that the Job does')
  t.end()
})
