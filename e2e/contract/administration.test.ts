import t from 'tap'
import { administrator, call, logIn, newPerson, PASSWORD, PREFIXES, uniqueEmail } from '../harness/client.ts'
import { until } from '../harness/until.ts'

const admin = await administrator()

for (const prefix of PREFIXES) {
  t.test(`an administrator manages users at ${prefix}/users/`, async (t) => {
    const { token } = admin
    const json = {
      email: uniqueEmail(),
      password: PASSWORD,
      name: 'Kim',
      role: 'USER',
      permissions: ['reports'],
    }
    const created = await call(`${prefix}/users/`, { method: 'POST', token, json })
    t.equal(created.status, 201)
    t.match(created.body, { email: json.email, role: 'USER', permissions: ['reports'] })
    const url = `${prefix}/users/${created.body._id}`

    const list = await call(`${prefix}/users/?skip=0&limit=1`, { token })
    t.equal(list.status, 200)
    t.ok(Array.isArray(list.body) && list.body.length === 1, 'a bare array')
    t.equal((await call(url, { token })).body.email, json.email)

    const changed = await call(url, { method: 'PUT', token, json: { ...created.body, name: 'Kim Two' } })
    t.equal(changed.status, 200, 'what was read can be put back')
    t.equal(changed.body.name, 'Kim Two')
    t.same((await call(url, { method: 'PATCH', token, json: { permissions: [] } })).body.permissions, [])

    const deleted = await call(url, { method: 'DELETE', token })
    t.same(deleted.body, { message: 'User deleted successfully' })
    t.equal((await call(url, { token })).status, 404)
  })
}

t.test('a user sees only their own account', async (t) => {
  const person = await newPerson()
  const other = await newPerson()
  t.equal((await call(`/users/${person.id}`, { token: person.token })).status, 200)
  for (const [path, method] of [
    ['/users/', 'GET'],
    [`/users/${other.id}`, 'GET'],
    [`/users/${person.id}`, 'DELETE'],
    ['/tasks/all', 'GET'],
  ] as const) {
    const answer = await call(path, { method, token: person.token })
    t.equal(answer.status, 403, `${method} ${path}`)
    t.equal(answer.body.code, 'forbidden')
  }
})

t.test('the last administrator cannot be demoted or deleted', async (t) => {
  const list = (await call('/users/?limit=100', { token: admin.token })).body as {
    _id: string
    role: string
  }[]
  const others = list.filter((user) => user.role === 'ADMIN' && user._id !== admin.id)
  t.same(others, [], 'the system was started with one')
  t.equal((await call(`/users/${admin.id}`, { method: 'DELETE', token: admin.token })).status, 409)
  t.equal(
    (await call(`/users/${admin.id}`, { method: 'PUT', token: admin.token, json: { role: 'USER' } })).status,
    409,
  )
})

t.test('a deleted user is gone everywhere: tokens, log-in and tasks', async (t) => {
  const person = await newPerson()
  const task = await call('/tasks/', { method: 'POST', token: person.token, json: { title: 'leftover' } })
  t.equal(task.status, 201)
  t.equal((await call(`/users/${person.id}`, { method: 'DELETE', token: admin.token })).status, 200)
  t.equal((await call('/auth/me', { token: person.token })).status, 401)
  t.equal((await logIn(person.email)).status, 401)
  await until(
    'the token is refused',
    async () => (await call('/tasks/', { token: person.token })).status === 401,
  )
  const left = async () => (await call(`/tasks/all?owner=${person.id}`, { token: admin.token })).body
  await until('the tasks are deleted', async () => (await left()).length === 0)
  t.same(await left(), [])
})

t.test('an administrator sees and deletes the tasks of everyone', async (t) => {
  const person = await newPerson()
  const task = (await call('/tasks/', { method: 'POST', token: person.token, json: { title: 'mine' } })).body
  t.match((await call(`/tasks/all?owner=${person.id}`, { token: admin.token })).body, [
    { _id: task._id, owner_id: person.id },
  ])
  t.equal((await call(`/tasks/${task._id}`, { method: 'DELETE', token: admin.token })).status, 200)
  t.same((await call('/tasks/', { token: person.token })).body, [])
})
