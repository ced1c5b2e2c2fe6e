// Run by `helm test` inside the cluster: does the installed gateway give the page, and lead to both services?
import assert from 'node:assert/strict'
import { test } from 'node:test'

const base = process.env.PUBLIC_URL

/** A body that nobody reads would keep the connection, and this process, until the gateway closes it. */
async function get(path) {
  const response = await fetch(new URL(path, `${base}/`))
  return { status: response.status, headers: response.headers, text: await response.text() }
}

test('the page is at /, with all that it loads', async () => {
  const page = await get('/')
  assert.equal(page.status, 200)
  assert.match(page.headers.get('content-security-policy') ?? '', /connect-src 'self'(;|$)/)
  const assets = [...page.text.matchAll(/(?:src|href)="(\/?assets\/[^"]+)"/g)].map(([, path]) => path)
  assert.ok(assets.length >= 2, assets.join())
  for (const path of assets) assert.equal((await get(path)).status, 200, path)
})

test('auth-service and task-service answer behind it, under both prefixes', async () => {
  for (const prefix of ['', '/api/v1']) {
    assert.deepEqual(JSON.parse((await get(`${prefix}/health`)).text), {
      status: 'ok',
      database: 'connected',
    })
    assert.equal((await get(`${prefix}/tasks`)).status, 401)
    assert.equal((await get(`${prefix}/auth/me`)).status, 401)
  }
})

test('what is nowhere is a 404 in the envelope of the services, and so are their internal ports', async () => {
  for (const path of ['/nothing', '/metrics', '/readyz', '/internal/revocations']) {
    const { status, headers } = await get(path)
    assert.equal(status, 404, path)
    assert.match(headers.get('content-type') ?? '', /^application\/problem\+json/)
  }
})
