import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { baseUrl, call, logIn, newPerson } from '../harness/client.ts'
import {
  argumentsFor,
  buildImage,
  chartArguments,
  currentInstallation,
  RELEASE,
  ROOT,
  SERVICES,
} from '../harness/cluster/installation.ts'
import { run } from '../harness/command.ts'
import { until } from '../harness/until.ts'

/** Charts and images of an earlier commit are upgraded to those of this checkout, with what people have stored. */
const { namespace } = currentInstallation()
const tag = process.env.IMAGE_TAG as string
const commit = process.env.E2E_FROM

async function checkoutOf(commit: string): Promise<string> {
  const folder = `${mkdtempSync(join(tmpdir(), 'authdb-earlier-'))}/`
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  await run('sh', ['-c', 'git archive "$COMMIT" | tar --extract --directory "$FOLDER"'], {
    cwd: ROOT,
    env: { COMMIT: commit, FOLDER: folder },
  })
  return folder
}

const isReached = () =>
  until('the ingress leads to it', async () => (await fetch(`${baseUrl}/health`)).status === 200, 60_000)

t.test(
  'people and tasks of an earlier release are there after the upgrade, and their log-ins go on',
  { skip: commit ? false : 'E2E_FROM names no commit' },
  async (t) => {
    const earlier = await checkoutOf(commit as string)
    const earlierTag = `${tag}-earlier`
    for (const service of SERVICES) await buildImage(service, earlierTag, earlier)
    await namespace.helm('uninstall', RELEASE, '--wait')
    await until('the pods are gone', async () => (await namespace.allPods()).length === 0, 120_000)
    await run('helm', ['dependency', 'update', `${earlier}helm/authdb`])
    await namespace.helm('install', ...argumentsFor(`${earlier}helm/authdb`, earlierTag))
    await isReached()
    const person = await newPerson()
    const made = await call('/tasks', { method: 'POST', token: person.token, json: { title: 'from before' } })
    t.equal(made.status, 201)

    await namespace.helm('upgrade', ...chartArguments(tag))
    await isReached()
    const tasks = async (token: string) => {
      const { body } = await call('/tasks', { token })
      return body.map(({ title }: { title: string }) => title)
    }
    t.strictSame(await tasks(person.token), ['from before'], 'with the token of before')
    const refreshed = await call('/auth/refresh', {
      method: 'POST',
      json: { refresh_token: person.refreshToken },
    })
    t.equal(refreshed.status, 200, 'the log-in goes on')
    const again = await logIn(person.email)
    t.equal(again.status, 200)
    t.strictSame(await tasks(again.body.access_token), ['from before'])
    await t.resolves(namespace.helm('test', RELEASE))
  },
)
