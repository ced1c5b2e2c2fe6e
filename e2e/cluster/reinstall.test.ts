import t from 'tap'
import { call, logIn, newPerson } from '../harness/client.ts'
import {
  chartArguments,
  currentInstallation,
  ofTheRelease,
  RELEASE,
} from '../harness/cluster/installation.ts'
import { until } from '../harness/until.ts'

/** The release goes and comes again: what stays is the data, and nothing but the data. */
const { namespace } = currentInstallation()
const tag = process.env.IMAGE_TAG as string

const rootPassword = async () => (await namespace.get('secret', `${RELEASE}-mongodb`)).data['root-password']

t.test('helm uninstall leaves the volumes only, and the next release finds the data in them', async (t) => {
  const { spec } = await namespace.get('statefulset', `${RELEASE}-mongodb`)
  const volumes: string[] =
    spec.persistentVolumeClaimRetentionPolicy.whenDeleted === 'Retain'
      ? [`PersistentVolumeClaim/data-${RELEASE}-mongodb-0`]
      : []
  const { email, token } = await newPerson()
  t.equal(
    (await call('/tasks', { method: 'POST', token, json: { title: 'stays' } })).status,
    201,
    'somebody has a task',
  )
  const password = await rootPassword()

  await namespace.helm('uninstall', RELEASE, '--wait')
  await until('the pods are gone', async () => (await namespace.allPods()).length === 0, 120_000)
  await until(
    'what else goes is gone',
    async () => (await ofTheRelease(namespace)).length <= volumes.length,
    30_000,
  ).catch(() => undefined)
  t.strictSame(await ofTheRelease(namespace), volumes, 'only volumes are left')

  const started = performance.now()
  await namespace.helm('install', ...chartArguments(tag))
  t.comment(`installed again in ${((performance.now() - started) / 1000).toFixed(1)} s`)
  t.not(await rootPassword(), password, 'with another root password')
  await until('the ingress leads to it', async () => (await call('/health')).status === 200, 30_000)
  if (volumes.length === 0) return
  const again = await logIn(email)
  t.equal(again.status, 200, 'the account is there')
  const list = await call('/tasks', { token: again.body.access_token })
  t.match(list.body, [{ title: 'stays' }], 'and its task')
})
