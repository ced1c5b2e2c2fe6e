// Run by `helm test` inside the cluster: does the installed auth-service give the answers it promises?
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'

const base = process.env.PUBLIC_URL
const internal = process.env.INTERNAL_URL

test('health says that the database is connected', async () => {
  const response = await fetch(`${base}/health`)
  assert.equal(response.status, 200)
  assert.deepEqual(await response.json(), { status: 'ok', database: 'connected' })
})

test('the published keys are public halves of P-256 keys', async () => {
  const response = await fetch(`${base}/.well-known/jwks.json`)
  assert.equal(response.status, 200)
  const { keys } = await response.json()
  assert.ok(keys.length > 0)
  for (const key of keys) {
    assert.equal(key.crv, 'P-256')
    assert.equal(typeof key.kid, 'string')
    assert.equal(key.d, undefined)
  }
})

test('an account can be made, log in, read itself and be deleted; its token then ends', async () => {
  const email = `helm-test-${randomBytes(8).toString('hex')}@example.test`
  const password = randomBytes(18).toString('base64url')
  const json = { 'content-type': 'application/json' }
  const registered = await fetch(`${base}/auth/register`, { method: 'POST', headers: json, body: JSON.stringify({ email, password }) })
  assert.equal(registered.status, 201)
  const login = await fetch(`${base}/auth/login`, { method: 'POST', body: new URLSearchParams({ username: email, password }) })
  assert.equal(login.status, 200)
  const authorization = `Bearer ${(await login.json()).access_token}`
  const me = await fetch(`${base}/auth/me`, { headers: { authorization } })
  assert.equal(me.status, 200)
  assert.equal((await me.json()).email, email)
  const wrong = await fetch(`${base}/auth/login`, { method: 'POST', body: new URLSearchParams({ username: email, password: `${password}x` }) })
  assert.equal(wrong.status, 401)
  const deleted = await fetch(`${base}/auth/me`, { method: 'DELETE', headers: { ...json, authorization }, body: JSON.stringify({ password }) })
  assert.equal(deleted.status, 202)
  const after = await fetch(`${base}/auth/me`, { headers: { authorization } })
  assert.equal(after.status, 401)
})

test('the internal port is ready, and the public port knows nothing of it', async () => {
  assert.equal((await fetch(`${internal}/readyz`)).status, 200)
  assert.equal((await fetch(`${internal}/internal/revocations?since=0`)).status, 200)
  for (const path of ['/readyz', '/metrics', '/internal/revocations']) assert.equal((await fetch(base + path)).status, 404)
})
