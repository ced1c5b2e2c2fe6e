import t from 'tap'
import { call, isProblem, newPerson, PREFIXES } from '../harness/client.ts'

for (const prefix of PREFIXES) {
  for (const slash of ['', '/']) {
    t.test(`an AuthDB client keeps its list at ${prefix}/tasks${slash}`, async (t) => {
      const { token, id } = await newPerson()
      const list = `${prefix}/tasks${slash}`
      t.same((await call(list, { token })).body, [])

      const created = await call(list, {
        method: 'POST',
        token,
        json: { title: 'Milk', description: 'two litres' },
      })
      t.equal(created.status, 201)
      t.match(created.body, {
        _id: /^[0-9a-f]{24}$/,
        title: 'Milk',
        description: 'two litres',
        completed: false,
        owner_id: id,
      })
      const one = `${prefix}/tasks/${created.body._id}${slash}`
      t.equal(
        (await call(String(created.headers.get('location')), { token })).status,
        200,
        'the location leads to it',
      )

      const done = await call(one, { method: 'PUT', token, json: { completed: true } })
      t.equal(done.status, 200)
      t.match(done.body, { title: 'Milk', completed: true })
      t.same((await call(list, { token })).body, [done.body])
      t.same((await call(one, { token })).body, done.body)

      const gone = await call(one, { method: 'DELETE', token })
      t.same(gone.body, { message: 'Task deleted successfully' })
      t.equal((await call(one, { token })).status, 404)
      t.same((await call(list, { token })).body, [])
    })
  }
}

t.test('a write is in every list that is read after it, whichever instance answers', async (t) => {
  const { token } = await newPerson()
  for (let n = 1; n <= 20; n++) {
    t.equal((await call('/tasks/', { method: 'POST', token, json: { title: `task ${n}` } })).status, 201)
    const lists = await Promise.all(Array.from({ length: 6 }, () => call('/tasks/', { token })))
    t.same(
      lists.map(({ body }) => body.length),
      Array(6).fill(n),
    )
  }
})

t.test('repeated reads come from the cache and say so', async (t) => {
  const { token } = await newPerson()
  await call('/tasks/', { method: 'POST', token, json: { title: 'a' } })
  const answers = []
  for (let n = 0; n < 10; n++) answers.push(await call('/tasks/', { token }))
  t.ok(answers.some(({ headers }) => headers.get('cache-status') === 'task-lists; hit'))
  t.equal(new Set(answers.map(({ text }) => text)).size, 1, 'the same bytes, from wherever')
  t.equal(new Set(answers.map(({ headers }) => headers.get('etag'))).size, 1)
})

t.test('the tasks of one user do not exist for another', async (t) => {
  const owner = await newPerson()
  const stranger = await newPerson()
  const { _id } = (await call('/tasks/', { method: 'POST', token: owner.token, json: { title: 'a' } })).body
  for (const method of ['GET', 'PUT', 'PATCH', 'DELETE']) {
    const json = method === 'PUT' || method === 'PATCH' ? { title: 'b' } : undefined
    t.equal((await call(`/tasks/${_id}`, { method, token: stranger.token, json })).status, 404, method)
  }
})

t.test('a list of more than one page links to the next', async (t) => {
  const { token } = await newPerson()
  for (let n = 0; n < 5; n++)
    await call('/api/v1/tasks/', { method: 'POST', token, json: { title: String(n) } })
  const titles: string[] = []
  let next: string | undefined = '/api/v1/tasks/?limit=2'
  while (next) {
    const page = await call(next, { token })
    titles.push(...page.body.map((task: { title: string }) => task.title))
    next = /<([^>]+)>; rel="next"/.exec(page.headers.get('link') ?? '')?.[1]
  }
  t.same(titles, ['4', '3', '2', '1', '0'])
})

t.test('bad input gets a clear refusal and never a 500', async (t) => {
  const { token } = await newPerson()
  const post = (body: string, type = 'application/json') =>
    call('/tasks/', { method: 'POST', token, body, headers: { 'content-type': type } })
  const cases: [string, number, Promise<Awaited<ReturnType<typeof call>>>][] = [
    ['a title that is a number', 422, post('{"title":5}')],
    ['a title that is an operator', 422, post('{"title":{"$gt":""}}')],
    ['no title', 422, post('{}')],
    ['an unknown field', 422, post('{"title":"a","owner_id":"000000000000000000000000"}')],
    ['a NUL byte', 422, post('{"title":"a\\u0000b"}')],
    ['half a character', 422, post('{"title":"\\ud800"}')],
    ['a prototype key', 400, post('{"title":"a","__proto__":{"role":"ADMIN"}}')],
    ['an array', 422, post('[1]')],
    ['null', 422, post('null')],
    ['broken JSON', 400, post('{"title":')],
    ['an empty body', 400, post('')],
    ['XML', 415, post('<a/>', 'application/xml')],
    ['plain text', 415, post('a', 'text/plain')],
    ['a body of 70 KB', 413, post(JSON.stringify({ title: 'a', description: 'x'.repeat(70_000) }))],
    ['a malformed id', 404, call('/tasks/abc', { token })],
    [
      'a malformed id with a malformed body',
      404,
      call('/tasks/abc', {
        method: 'PUT',
        token,
        body: '{',
        headers: { 'content-type': 'application/json' },
      }),
    ],
    ['an id that is an operator', 404, call('/tasks/%7B%22$ne%22:1%7D', { token })],
    ['a path that cannot be decoded', 404, call('/tasks/%ff', { token })],
    ['a bad cursor', 400, call('/tasks/?cursor=abc', { token })],
    ['a limit that is no number', 422, call('/tasks/?limit[$gt]=1&limit=x', { token })],
    ['an unknown path', 404, call('/nothing/here', { token })],
    [
      'a bad body without a token',
      401,
      call('/tasks/', { method: 'POST', body: '{', headers: { 'content-type': 'application/json' } }),
    ],
  ]
  for (const [what, status, answering] of cases) {
    const answer = await answering
    t.equal(answer.status, status, what)
    t.ok(isProblem(answer), `${what}: ${answer.text}`)
  }
})

t.test('internal routes are not reachable through the gateway', async (t) => {
  const { token } = await newPerson()
  const paths = [
    '/metrics',
    '/readyz',
    '/livez',
    '/internal/revocations',
    '/internal/owners/000000000000000000000000',
  ]
  for (const path of [...paths, ...paths.map((path) => `/api/v1${path}`)])
    t.equal((await call(path, { token })).status, 404, path)
})
