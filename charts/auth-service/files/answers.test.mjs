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

test('nobody logs in with a password that was never set', async () => {
  const username = `helm-test-${randomBytes(8).toString('hex')}@example.test`
  const login = await fetch(`${base}/auth/login`, {
    method: 'POST',
    body: new URLSearchParams({ username, password: 'no such password' }),
  })
  assert.equal(login.status, 401)
  assert.match(login.headers.get('content-type') ?? '', /^application\/problem\+json/)
})

test('the own profile wants a token', async () => {
  const me = await fetch(`${base}/auth/me`)
  assert.equal(me.status, 401)
  assert.match(me.headers.get('www-authenticate') ?? '', /^Bearer/)
})

test('the internal port is ready, and the public port knows nothing of it', async () => {
  assert.equal((await fetch(`${internal}/readyz`)).status, 200)
  assert.equal((await fetch(`${internal}/internal/revocations?since=0`)).status, 200)
  for (const path of ['/readyz', '/metrics', '/internal/revocations'])
    assert.equal((await fetch(base + path)).status, 404)
})
