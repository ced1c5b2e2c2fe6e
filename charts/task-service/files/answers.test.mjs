// Run by `helm test` inside the cluster: does the installed task-service give the answers it promises?
import assert from 'node:assert/strict'
import { test } from 'node:test'

const base = process.env.PUBLIC_URL
const internal = process.env.INTERNAL_URL

test('a list without a token is refused with a challenge and a problem document', async () => {
  const response = await fetch(`${base}/tasks`)
  assert.equal(response.status, 401)
  assert.match(response.headers.get('www-authenticate') ?? '', /^Bearer/)
  assert.match(response.headers.get('content-type') ?? '', /^application\/problem\+json/)
  assert.equal((await response.json()).status, 401)
})

test('a token that nobody signed is refused, also under /api/v1', async () => {
  const headers = { authorization: 'Bearer e30.e30.AAAA' }
  assert.equal((await fetch(`${base}/tasks`, { headers })).status, 401)
  assert.equal((await fetch(`${base}/api/v1/tasks`, { headers })).status, 401)
})

test('the internal port is ready: MongoDB answered and the keys of auth-service were fetched', async () => {
  assert.equal((await fetch(`${internal}/readyz`)).status, 200)
  const metrics = await fetch(`${internal}/metrics`)
  assert.equal(metrics.status, 200)
  assert.match(await metrics.text(), /^# TYPE /m)
})

test('nobody without a service token removes the tasks of an owner', async () => {
  const response = await fetch(`${internal}/internal/owners/000000000000000000000000`, { method: 'DELETE' })
  assert.equal(response.status, 401)
})

test('the public port knows nothing of the internal one', async () => {
  for (const path of ['/readyz', '/metrics', '/internal/owners/000000000000000000000000'])
    assert.equal((await fetch(base + path)).status, 404)
})
