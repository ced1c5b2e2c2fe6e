import t from 'tap'
import { chartArguments, currentInstallation, RELEASE } from '../harness/cluster/installation.ts'
import { until } from '../harness/until.ts'

/** Mistakes in secrets: the running pods go on, and logs and status say what is wrong. */
const { namespace, baseUrl } = currentInstallation()
const tag = process.env.IMAGE_TAG as string

interface ContainerStatus {
  state: { terminated?: { message?: string } }
  lastState: { terminated?: { message?: string } }
}

async function secret(name: string, data: Record<string, string>): Promise<void> {
  const literals = Object.entries(data).map(([key, value]) => `--from-literal=${key}=${value}`)
  await namespace.kubectl('create', 'secret', 'generic', name, ...literals)
}

/** Upgrades without waiting for readiness, which will not come. @returns the new pod's name */
async function newPodAfter(part: string, ...settings: string[]): Promise<string> {
  const old = await namespace.pods(part)
  const args = chartArguments(tag, ...settings).filter((arg) => arg !== '--wait')
  await namespace.helm('upgrade', ...args)
  let fresh: string | undefined
  await until(
    `a new pod of ${part}`,
    async () => {
      fresh = (await namespace.pods(part)).find((pod) => !old.includes(pod))
      return fresh !== undefined
    },
    60_000,
  )
  return fresh as string
}

const serves = async () =>
  (await fetch(`${baseUrl}/health`)).status === 200 && (await fetch(`${baseUrl}/tasks`)).status === 401

t.afterEach(async () => {
  await namespace.helm('upgrade', ...chartArguments(tag))
})

// Without its generated Secret for a moment, the release has made other signing keys, which every pod has to read.
t.teardown(async () => {
  const deployment = `${RELEASE}-auth-service`
  await namespace.kubectl('rollout', 'restart', `deployment/${deployment}`)
  await namespace.rolledOut('deployment', deployment)
  const proxy = (pod: string) => `/api/v1/namespaces/${namespace.name}/pods/${pod}:8001/proxy`
  const keysOf = (pod: string) => namespace.kubectl('get', '--raw', `${proxy(pod)}/.well-known/jwks.json`)
  await until(
    'all pods have the same keys',
    async () =>
      new Set(await Promise.all((await namespace.readyPods('auth-service')).map(keysOf))).size === 1,
    120_000,
  )
})

t.test('a wrong database password keeps the new pod unready and says why; the old pods serve', async (t) => {
  const uri = `mongodb://tasks:wrong@${RELEASE}-mongodb:27017/tasks?authSource=tasks`
  await secret('wrong-uri', { uri })
  const pod = await newPodAfter('task-service', '--set', 'task-service.mongodb.existingSecret=wrong-uri')
  await until(
    'the log names the reason',
    async () => /Authentication failed/.test(await namespace.kubectl('logs', pod).catch(() => '')),
    60_000,
  )
  t.notMatch(await namespace.kubectl('logs', pod), /wrong@/, 'without the password')
  t.notOk((await namespace.readyPods('task-service')).includes(pod), 'the pod is not ready')
  t.ok(await serves(), 'the old pods answer')
})

t.test(
  'a refresh-token secret that is too short stops the pod with a sentence in its status; the old pods serve',
  async (t) => {
    const { data } = await namespace.get('secret', `${RELEASE}-auth-service`)
    const texts = Object.entries(data as Record<string, string>).map(([key, value]) => [
      key,
      Buffer.from(value, 'base64').toString(),
    ])
    await secret('short-secret', { ...Object.fromEntries(texts), 'refresh-token-secret': 'short' })
    const pod = await newPodAfter(
      'auth-service',
      '--set',
      'auth-service.secrets.generate=false,auth-service.secrets.existingSecret=short-secret',
    )
    let message = ''
    await until(
      'the status holds the reason',
      async () => {
        const { status } = await namespace.get('pod', pod)
        const [container] = (status.containerStatuses ?? []) as ContainerStatus[]
        message = container?.state.terminated?.message ?? container?.lastState.terminated?.message ?? ''
        return message !== ''
      },
      60_000,
    )
    t.match(message, /REFRESH_TOKEN_SECRET/)
    t.ok(await serves(), 'the old pods answer')
  },
)

t.test('a Secret that does not exist is named in the pod’s status', async (t) => {
  const pod = await newPodAfter('task-service', '--set', 'task-service.redis.existingSecret=nobody-made-this')
  let message = ''
  await until(
    'the status names it',
    async () => {
      const { status } = await namespace.get('pod', pod)
      message = status.containerStatuses?.[0]?.state.waiting?.message ?? ''
      return /secret "nobody-made-this" not found/.test(message)
    },
    60_000,
  ).catch((error) => t.fail(`${(error as Error).message} ${message}`))
  t.ok(await serves(), 'the old pods answer')
})
