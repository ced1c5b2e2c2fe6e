import t from 'tap'
import { forEach, render, STUMBLED } from './render.ts'

/** The umbrella chart with parts left out: it renders, or says in a sentence which value is missing. */
const COMPONENTS = ['authService', 'taskService', 'gateway', 'mongodb', 'redis']
const dev = (...args: string[]) =>
  render('r', 'helm/authdb', '--values', 'helm/authdb/values-dev.yaml', ...args)

const subsets = Array.from({ length: 2 ** COMPONENTS.length }, (_, bits) =>
  COMPONENTS.filter((_, index) => (bits >> index) & 1),
)

t.test('every choice of parts renders or says what is missing', async (t) => {
  const answers = new Map<string, string>()
  await forEach(subsets, async (off) => {
    const settings = off.flatMap((component) => ['--set', `components.${component}=false`])
    const { isRendered, error } = await dev(...settings)
    t.notMatch(error, STUMBLED, `without ${off.join(', ') || 'nothing'}`)
    answers.set(off.join(), isRendered ? 'rendered' : error)
  })
  t.equal(answers.get(''), 'rendered')
  t.equal(answers.get('gateway'), 'rendered', 'no page')
  t.equal(answers.get('authService,taskService,gateway'), 'rendered', 'the stores alone')
  t.match(
    answers.get('authService,taskService'),
    /components.authService is false: say in gateway.upstreams.authService.service where it runs/,
  )
  t.match(
    answers.get('taskService'),
    /components.taskService is false: say in auth-service.config.taskServiceInternalUrl/,
  )
  t.match(answers.get('authService'), /components.authService is false: say in task-service.config.jwksUrl/)
  t.match(
    answers.get('mongodb'),
    /components.mongodb is false: name the Secret .* in \S+-service.mongodb.existingSecret/,
  )
  t.match(
    answers.get('redis'),
    /components.redis is false: name the Secret .* in \S+-service.redis.existingSecret/,
  )
})

t.test('one service alone renders when it is told where the other is', async (t) => {
  const auth =
    'components.taskService=false,components.gateway=false,auth-service.config.taskServiceInternalUrl=http://tasks:9102'
  t.match(await dev('--set', auth), { isRendered: true })
  const tasks =
    'task-service.config.jwksUrl=http://auth/keys,task-service.config.revocationsUrl=http://auth:9101/r'
  const behind = 'gateway.upstreams.authService.service=other-auth-service'
  const elsewhere = `components.authService=false,${tasks},${behind}`
  t.match((await dev('--set', elsewhere)).error, /say in gateway.networkPolicy.releases.authService/)
  const release = 'gateway.networkPolicy.releases.authService=other'
  t.match(await dev('--set', `${elsewhere},${release}`), { isRendered: true })
})

t.test('a store of one’s own needs a Secret and a way out', async (t) => {
  const secrets =
    'components.mongodb=false,auth-service.mongodb.existingSecret=a,task-service.mongodb.existingSecret=b'
  const { error } = await dev('--set', secrets)
  t.match(error, /say where yours is in auth-service.networkPolicy.mongodb.to/)
  const ways = ['auth-service', 'task-service'].map(
    (service) => `${service}.networkPolicy.mongodb.to[0].ipBlock.cidr=10.1.0.0/16`,
  )
  const own = await dev('--set', [secrets, ...ways].join(','))
  t.ok(own.isRendered, own.error)
  t.notMatch(own.output, /name: r-mongodb/, 'nothing names what is not installed')
  const elsewhere = ['auth-service', 'task-service'].map(
    (service) => `${service}.networkPolicy.releases.mongodb=stores`,
  )
  t.match(await dev('--set', [secrets, ...elsewhere].join(',')), { isRendered: true }, 'or another release')
})

for (const file of ['atlas', 'documentdb', 'elasticache', 'openshift']) {
  t.test(`the example for ${file} renders on top of the production values`, async (t) => {
    const values = ['helm/authdb/values-prod.yaml', `helm/examples/values-${file}.yaml`]
    const { isRendered, output, error } = await render(
      'authdb',
      'helm/authdb',
      ...values.flatMap((v) => ['--values', v]),
    )
    t.ok(isRendered, error)
    if (file === 'documentdb') t.match(output, /NODE_EXTRA_CA_CERTS/)
    if (file !== 'openshift') return
    t.notMatch(output, /runAsUser|runAsGroup|fsGroup:/, 'users are left to the cluster')
    t.notMatch(output, /port: 53,/, 'DNS is elsewhere')
    t.match(output, /port: 5353/)
  })
}

for (const [setting, sentence] of [
  [
    'auth-service.service.port=8080',
    /auth-service.service.port \(8080\) cannot be changed here: task-service fetches/,
  ],
  ['auth-service.ports.http=8080', /auth-service.ports.http \(8080\) cannot be changed here/],
  [
    'task-service.ports.http=8080',
    /task-service.ports.http \(8080\) cannot be changed here: the gateway calls/,
  ],
  [
    'task-service.service.port=81',
    /task-service.service.port \(81\) cannot be changed here: the gateway calls/,
  ],
  ['auth-service.fallback=true', /set auth-service.fallback to false/],
] as const) {
  t.test(`${setting} is refused, because what others rely on would break without a word`, async (t) => {
    t.match((await dev('--set', setting)).error, sentence)
  })
}

t.test(
  'one certificate annotation on two Ingresses is refused, and the value for it makes one Certificate',
  async (t) => {
    const annotation = 'global.ingress.annotations.cert-manager\\.io/cluster-issuer=letsencrypt'
    t.match((await dev('--set', annotation)).error, /two Certificates that fight over one Secret/)
    const value = 'global.ingress.certificate.issuer=letsencrypt,global.ingress.tlsSecret=authdb-tls'
    const { output, error } = await dev('--set', value)
    t.equal(output.match(/^kind: Certificate$/gm)?.length, 1, error)
    t.match(
      (await dev('--set', 'global.ingress.certificate.issuer=x')).error,
      /needs global.ingress.tlsSecret/,
    )
  },
)
