import { request } from 'node:http'
import { join } from 'node:path'
import t from 'tap'
import { createBalancers, readTargets } from '../src/balancers.ts'
import { renderNginx } from '../src/nginx.ts'
import { createBalancer } from '../src/upstreams.ts'
import { builtPage } from './fixtures/built-page.ts'
import { startGateway, startService } from './fixtures/gateway.ts'

/** fetch would tidy the path up. */
function statusOf(url: string, path: string): Promise<number> {
  const { hostname, port } = new URL(url)
  return new Promise((resolve, reject) => {
    request({ hostname, port, path }, (response) => {
      response.resume()
      resolve(response.statusCode ?? 0)
    })
      .on('error', reject)
      .end()
  })
}

t.test('the page is at /, beside the services', async (t) => {
  const service = await startService(t)
  const gateway = await startGateway(t, {
    pageDirectory: await builtPage(t),
    pageConnectTo: ['http://127.0.0.1:8090'],
    authUpstreams: [service.origin],
    taskUpstreams: [service.origin],
  })

  await t.test('with a policy that lets no foreign and no inline code run', async (t) => {
    const page = await fetch(`${gateway}/`)
    t.equal(page.status, 200)
    t.match(page.headers.get('content-type'), 'text/html')
    t.match(await page.text(), 'AuthDB')
    const policy = page.headers.get('content-security-policy') ?? ''
    t.match(policy, "default-src 'none'")
    t.match(policy, "connect-src 'self' http://127.0.0.1:8090;")
    t.notMatch(policy, /unsafe/)
    t.equal(page.headers.get('cache-control'), 'no-cache')
    t.equal(page.headers.get('x-content-type-options'), 'nosniff')
  })

  await t.test('its assets are kept for ever', async (t) => {
    const asset = await fetch(`${gateway}/assets/app-1.js`)
    t.equal(asset.status, 200)
    t.match(asset.headers.get('content-type'), 'javascript')
    t.match(asset.headers.get('cache-control'), 'immutable')
    await asset.text()
  })

  await t.test('paths of the services still lead to them, and others nowhere', async (t) => {
    for (const path of ['/tasks/', '/auth/me', '/api/v1/tasks/']) t.equal(await statusOf(gateway, path), 200)
    for (const path of [
      '/nowhere',
      '/assets/',
      '/assets/none.js',
      '/assets/../index.html',
      '/assets/%2e%2e/index.html',
      '/assets/..%2f..%2fpackage.json',
      '/index.html',
    ])
      t.equal(await statusOf(gateway, path), 404, path)
    const problem = await fetch(`${gateway}/assets/none.js`)
    t.match(await problem.json(), { status: 404, code: 'not_found' })
  })
})

t.test('without a built page / is an unknown path', async (t) => {
  const gateway = await startGateway(t, {})
  t.equal(await statusOf(gateway, '/'), 404)
})

t.test('nginx is told the same headers', async (t) => {
  const settings = {
    host: '127.0.0.1',
    port: 1,
    authUpstreams: ['http://127.0.0.1:2'],
    taskUpstreams: ['http://127.0.0.1:3'],
    corsOrigins: [],
  }
  const page = { directory: '/page', connectTo: ['http://127.0.0.1:8090'] }
  const text = await renderNginx({ ...settings, page, balancing: 'round-robin' }, '/tmp/nginx')
  t.match(text, `add_header content-security-policy "default-src 'none'; script-src 'self'`)
  t.match(text, 'root "/page";')
  t.equal(text.match(/least_conn;/g)?.length, 1, 'auth-service alone')
  t.equal((await renderNginx(settings, '/tmp/nginx')).match(/least_conn;/g)?.length, 2)
})

t.test('round robin takes instances in turn, however busy they are', async (t) => {
  const balancer = createBalancer(['http://a', 'http://b'], { balancing: 'round-robin' })
  const taken = Array.from({ length: 4 }, () => balancer.acquire([])?.origin)
  t.strictSame(taken, ['http://a', 'http://b', 'http://a', 'http://b'])
  balancer.aim(['http://a', 'http://b'], 'least-connections')
  const [a] = balancer.upstreams
  t.equal(a?.inFlight, 2, 'an instance that stays keeps its count')
})

t.test('targets are read from a file, and a bad one changes nothing', async (t) => {
  const directory = t.testdir({
    good: JSON.stringify({
      authUpstreams: ['http://127.0.0.1:1'],
      taskUpstreams: ['http://127.0.0.1:2', 'http://127.0.0.1:3'],
      balancing: 'round-robin',
    }),
    none: JSON.stringify({
      authUpstreams: ['http://127.0.0.1:1'],
      taskUpstreams: [],
      balancing: 'round-robin',
    }),
    path: JSON.stringify({
      authUpstreams: ['http://127.0.0.1:1/x'],
      taskUpstreams: ['http://127.0.0.1:2'],
      balancing: 'round-robin',
    }),
    text: 'no JSON',
  })
  const balancers = createBalancers({
    authUpstreams: ['http://a'],
    taskUpstreams: ['http://b'],
    balancing: 'least-connections',
  })
  balancers.aim(await readTargets(join(directory, 'good')))
  t.strictSame(
    balancers.task.upstreams.map(({ origin }) => origin),
    ['http://127.0.0.1:2', 'http://127.0.0.1:3'],
  )
  for (const file of ['none', 'path', 'text', 'missing']) await t.rejects(readTargets(join(directory, file)))
})
