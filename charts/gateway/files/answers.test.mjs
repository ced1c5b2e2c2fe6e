// Run by `helm test` inside the cluster: does the installed gateway give the page, and lead to both services?
import assert from 'node:assert/strict'
import { test } from 'node:test'

const base = process.env.PUBLIC_URL

test('the page is at /, with all that it loads', async () => {
  const response = await fetch(`${base}/`)
  assert.equal(response.status, 200)
  assert.match(response.headers.get('content-security-policy') ?? '', /connect-src 'self'(;|$)/)
  const assets = [...(await response.text()).matchAll(/(?:src|href)="(\/?assets\/[^"]+)"/g)].map(
    ([, path]) => path,
  )
  assert.ok(assets.length >= 2, assets.join())
  for (const path of assets) assert.equal((await fetch(new URL(path, `${base}/`))).status, 200, path)
})

test('auth-service and task-service answer behind it, under both prefixes', async () => {
  for (const prefix of ['', '/api/v1']) {
    assert.deepEqual(await (await fetch(`${base}${prefix}/health`)).json(), {
      status: 'ok',
      database: 'connected',
    })
    assert.equal((await fetch(`${base}${prefix}/tasks`)).status, 401)
    assert.equal((await fetch(`${base}${prefix}/auth/me`)).status, 401)
  }
})

test('what is nowhere is a 404 in the envelope of the services, and so are their internal ports', async () => {
  for (const path of ['/nothing', '/metrics', '/readyz', '/internal/revocations']) {
    const response = await fetch(base + path)
    assert.equal(response.status, 404, path)
    assert.match(response.headers.get('content-type') ?? '', /^application\/problem\+json/)
  }
})
