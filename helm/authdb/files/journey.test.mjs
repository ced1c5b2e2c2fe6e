// Run by `helm test` inside the cluster: one person's way through both services. Each run leaves one account without tasks.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'

const { AUTH_URL: auth, TASKS_URL: tasks } = process.env
const email = `helm-test-${randomBytes(8).toString('hex')}@example.test`
const password = randomBytes(18).toString('base64url')
let authorization = ''

const call = (url, method = 'GET', body = undefined) =>
  fetch(url, {
    method,
    headers: {
      ...(authorization ? { authorization } : {}),
      ...(body ? { 'content-type': 'application/json' } : {}),
    },
    ...(body ? { body: JSON.stringify(body) } : {}),
  })

async function logIn() {
  const response = await fetch(`${auth}/auth/login`, {
    method: 'POST',
    body: new URLSearchParams({ username: email, password }),
  })
  assert.equal(response.status, 200)
  authorization = `Bearer ${(await response.json()).access_token}`
}

/** Waits until the answer has this status: an ended session is known everywhere within 2 s, here with some room. */
async function statusWithin(seconds, url, wanted) {
  const deadline = Date.now() + seconds * 1000
  let status
  do {
    status = (await call(url)).status
    if (status === wanted) return status
    await pause(100)
  } while (Date.now() < deadline)
  return status
}

test('a person registers and logs in', async () => {
  assert.equal((await call(`${auth}/auth/register`, 'POST', { email, password })).status, 201)
  await logIn()
})

test('a task that was made is in the list at once, and again from the cache, and can be removed', async () => {
  const made = await call(`${tasks}/tasks`, 'POST', { title: 'see that it works' })
  assert.equal(made.status, 201)
  const { _id } = await made.json()
  for (const reading of ['first', 'second']) {
    const list = await call(`${tasks}/tasks`)
    assert.equal(list.status, 200, reading)
    assert.deepEqual(
      (await list.json()).map((task) => task._id),
      [_id],
      reading,
    )
  }
  assert.equal((await call(`${tasks}/tasks/${_id}`, 'DELETE')).status, 200)
  assert.deepEqual(await (await call(`${tasks}/tasks`)).json(), [])
})

test('a log-out ends the access token in task-service, too', async () => {
  assert.equal((await call(`${auth}/auth/logout`, 'POST')).status, 204)
  assert.equal(await statusWithin(5, `${tasks}/tasks`, 401), 401)
})
