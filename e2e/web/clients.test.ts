import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { createSupervisor, freePorts, startGateway } from '../../dev/index.ts'

const { BASE_URL = '', AUTH_URL = '', TASK_URLS = '' } = process.env
/** AuthDB's browser client, step by step */
const CLIENT = fileURLToPath(new URL('../contract/browser.test.ts', import.meta.url))

/** nginx in front of the services that run already. */
async function startNginx(t: Test): Promise<string> {
  const supervisor = createSupervisor()
  t.teardown(() => supervisor.stopAll())
  const [port = 0] = await freePorts(1)
  const { instance } = await startGateway(
    { supervisor, ports: { gateway: port }, gateway: 'nginx' },
    {
      authUpstreams: [AUTH_URL],
      taskUpstreams: TASK_URLS.split(','),
      balancing: 'least-connections',
    },
  )
  return instance.url
}

for (const [gateway, origin] of [
  ['the Fastify gateway', async () => BASE_URL],
  ['nginx', startNginx],
] as const) {
  t.test(`AuthDB's browser client works through ${gateway} with the page at /`, async (t) => {
    const baseUrl = await origin(t)
    for (const path of ['/', '/?view=split']) {
      const page = await fetch(baseUrl + path)
      t.match(page.headers.get('content-type'), 'text/html', path)
      t.match(await page.text(), '<title>AuthDB</title>', path)
    }
    const { status, stdout, stderr } = spawnSync(process.execPath, [CLIENT], {
      env: { ...process.env, BASE_URL: baseUrl },
      encoding: 'utf8',
    })
    t.equal(status, 0, 'every step of the client')
    t.match(stdout, /^ok \d+ - AuthDB's browser client registers/m, status === 0 ? '' : stdout + stderr)
  })
}
