import { randomBytes } from 'node:crypto'
import t from 'tap'
import { request } from 'undici'
import { until } from './commands.ts'
import { chartArguments, currentInstallation, RELEASE } from './installation.ts'

/** The release goes and comes again: what stays is the data, and nothing but the data. */
const { namespace, baseUrl } = currentInstallation()
const tag = process.env.IMAGE_TAG as string
const KINDS =
  'all,secret,configmap,serviceaccount,ingress,networkpolicy,poddisruptionbudget,horizontalpodautoscaler,persistentvolumeclaim'

async function call(method: 'GET' | 'POST', path: string, token?: string, body?: unknown) {
  const answer = await request(baseUrl + path, {
    method,
    headers: {
      ...(token && { authorization: `Bearer ${token}` }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    body: body === undefined ? null : JSON.stringify(body),
  })
  // biome-ignore lint/suspicious/noExplicitAny: an answer of the contract, asserted where it is used
  return { status: answer.statusCode, body: (await answer.body.json()) as any }
}

interface Listed {
  kind: string
  metadata: { name: string; labels?: Record<string, string> }
}

async function ofTheRelease(): Promise<string[]> {
  const { items } = await namespace.get(KINDS)
  return (items as Listed[])
    .filter(({ metadata }) => metadata.labels?.['app.kubernetes.io/instance'] === RELEASE)
    .map(({ kind, metadata }) => `${kind}/${metadata.name}`)
}

const rootPassword = async () => (await namespace.get('secret', `${RELEASE}-mongodb`)).data['root-password']

t.test('helm uninstall leaves the volumes only, and the next release finds the data in them', async (t) => {
  const { spec } = await namespace.get('statefulset', `${RELEASE}-mongodb`)
  const volumes: string[] =
    spec.persistentVolumeClaimRetentionPolicy.whenDeleted === 'Retain'
      ? [`PersistentVolumeClaim/data-${RELEASE}-mongodb-0`]
      : []
  const account = {
    email: `stays-${randomBytes(4).toString('hex')}@example.com`,
    password: randomBytes(16).toString('hex'),
  }
  t.equal((await call('POST', '/auth/register', undefined, account)).status, 201, 'an account is made')
  const login = await call('POST', '/auth/login', undefined, account)
  t.equal(
    (await call('POST', '/tasks', login.body.access_token, { title: 'stays' })).status,
    201,
    'with a task',
  )
  const password = await rootPassword()

  await namespace.helm('uninstall', RELEASE, '--wait')
  await until('the pods are gone', async () => (await namespace.allPods()).length === 0, 120_000)
  await until(
    'what else goes is gone',
    async () => (await ofTheRelease()).length <= volumes.length,
    30_000,
  ).catch(() => undefined)
  t.strictSame(await ofTheRelease(), volumes, 'only volumes are left')

  const started = performance.now()
  await namespace.helm('install', ...chartArguments(tag))
  t.comment(`installed again in ${((performance.now() - started) / 1000).toFixed(1)} s`)
  t.not(await rootPassword(), password, 'with another root password')
  await until('the ingress leads to it', async () => (await call('GET', '/health')).status === 200, 30_000)
  if (volumes.length === 0) return
  const again = await call('POST', '/auth/login', undefined, account)
  t.equal(again.status, 200, 'the account is there')
  const list = await call('GET', '/tasks', again.body.access_token)
  t.match(list.body, [{ title: 'stays' }], 'and its task')
})
