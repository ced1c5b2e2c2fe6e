import t from 'tap'
import { baseUrl, call, logIn, newPerson } from '../harness/client.ts'
import { chartArguments, currentInstallation, RELEASE } from '../harness/cluster/installation.ts'
import { until } from '../harness/until.ts'

/** A backup is made, data is lost, the backup is put back: as charts/mongodb/README.md says. */
const { namespace } = currentInstallation()
const tag = process.env.IMAGE_TAG as string
/** For a cluster whose MongoDB image has no mongodump. */
const image = process.env.E2E_BACKUP_IMAGE

async function hasMongodump(): Promise<boolean> {
  if (image) return true
  const command = ['exec', `${RELEASE}-mongodb-0`, '--', 'bash', '-c', 'command -v mongodump']
  return namespace.kubectl(...command).then(
    () => true,
    () => false,
  )
}

const skip = (await hasMongodump())
  ? false
  : 'this MongoDB image has no mongodump: name one in E2E_BACKUP_IMAGE'

const upgrade = (...settings: string[]) =>
  namespace.helm('upgrade', ...chartArguments(tag, '--wait-for-jobs', '--set', settings.join()))

t.test(
  'what was lost after a backup is back after its restore, and what came after it is gone',
  { skip },
  async (t) => {
    const backup = ['mongodb.backup.enabled=true', ...(image ? [`mongodb.backup.image=${image}`] : [])]
    const person = await newPerson()
    const add = (title: string) => call('/tasks', { method: 'POST', token: person.token, json: { title } })
    const kept = (await add('in the backup')).body._id
    await upgrade(...backup)
    await namespace.kubectl('create', 'job', '--from', `cronjob/${RELEASE}-mongodb-backup`, 'backup-now')
    await namespace.kubectl('wait', '--for=condition=complete', 'job/backup-now', '--timeout=180s')
    const log = await namespace.kubectl('logs', 'job/backup-now')
    const [, archive] = /\/backup\/(\S+) holds auth\.gz tasks\.gz/.exec(log) ?? []
    t.ok(archive, log)

    t.equal(
      (await call(`/tasks/${kept}`, { method: 'DELETE', token: person.token })).status,
      200,
      'a task is deleted',
    )
    t.equal((await add('after the backup')).status, 201)

    const stopped = ['auth-service.replicaCount=0', 'task-service.replicaCount=0']
    await upgrade(...backup, ...stopped)
    await until(
      'no service runs',
      async () =>
        (await Promise.all(['auth-service', 'task-service'].map((part) => namespace.pods(part)))).flat()
          .length === 0,
      120_000,
    )
    await upgrade(...backup, ...stopped, `mongodb.restore.archive=${archive}`)
    t.match(
      await namespace.kubectl('logs', '--selector', 'job-name', '--tail=5', '--prefix'),
      /tasks is as it was at/,
    )
    await namespace.kubectl('delete', 'pod', `${RELEASE}-redis-0`)
    await upgrade(...backup)
    await until(
      'the ingress leads to it',
      async () => (await fetch(`${baseUrl}/health`)).status === 200,
      60_000,
    )

    const again = await logIn(person.email)
    t.equal(again.status, 200, 'the account is there')
    const { body } = await call('/tasks', { token: again.body.access_token })
    t.strictSame(
      body.map(({ title }: { title: string }) => title),
      ['in the backup'],
    )
  },
)

t.test('a backup that is not there is named, and nothing is changed', { skip }, async (t) => {
  const settings = ['mongodb.backup.enabled=true', 'mongodb.restore.archive=20200101T000000Z']
  if (image) settings.push(`mongodb.backup.image=${image}`)
  await t.rejects(upgrade(...settings))
  t.match(
    await namespace.kubectl('logs', '--selector', 'app.kubernetes.io/component=backup', '--tail=3'),
    /there is no backup 20200101T000000Z; there are: 2/,
  )
})

t.teardown(async () => {
  await namespace.kubectl('delete', 'job', 'backup-now', '--ignore-not-found')
  // Helm forgets what only a failed upgrade has made.
  await namespace.kubectl('delete', 'job', '--selector', 'app.kubernetes.io/component=backup')
  await namespace.helm('upgrade', ...chartArguments(tag))
  // Kept on purpose: backups outlive their release.
  await namespace.kubectl('delete', 'pvc', `${RELEASE}-mongodb-backup`, '--ignore-not-found')
})
