import t from 'tap'
import { TestService } from './support/service.ts'

const service = await TestService.start()
t.teardown(() => service.close())
await service.ready()
const { call, token } = await service.someone()
const created = await call('POST', '/tasks/', { title: 'a' })
const url = `/tasks/${created.json()._id}`

const head = (path: string, headers: Record<string, string>) =>
  service.app.inject({ method: 'HEAD', url: path, headers: { authorization: `Bearer ${token}`, ...headers } })

t.test('GET and HEAD are 304 for who has the current version, of a task and of a list', async (t) => {
  for (const path of [url, '/tasks/', '/tasks/?limit=1']) {
    const etag = String((await call('GET', path)).headers.etag)
    for (const tag of [etag, `W/${etag}`, '*', `"x", ${etag}`]) {
      const answers = [
        await call('GET', path, undefined, { 'if-none-match': tag }),
        await head(path, { 'if-none-match': tag }),
      ]
      for (const answer of answers) {
        t.equal(answer.statusCode, 304, `${path} ${tag}`)
        t.equal(answer.headers.etag, etag)
        t.equal(answer.body, '')
      }
    }
    t.equal((await head(path, { 'if-none-match': '"x"' })).statusCode, 200)
    t.equal((await head(path, { 'if-match': '"x"' })).statusCode, 412)
    t.equal((await call('GET', path, undefined, { 'if-match': etag })).statusCode, 200)
  }
})

t.test('a write whose preconditions fail is 412 and changes nothing', async (t) => {
  const before = (await call('GET', url)).json()
  for (const headers of [
    { 'if-none-match': '*' },
    { 'if-none-match': '"1"' },
    { 'if-match': '"01"' },
    { 'if-match': '"1' },
    { 'if-match': '"1"', 'if-none-match': '*' },
  ]) {
    for (const [method, body] of [
      ['PUT', { title: 'b' }],
      ['PATCH', { title: 'b' }],
      ['DELETE', undefined],
    ] as const) {
      const answer = await call(method, url, body, headers)
      t.equal(answer.statusCode, 412, `${method} ${JSON.stringify(headers)}`)
      t.equal(answer.json().code, 'version_mismatch')
    }
  }
  t.same((await call('GET', url)).json(), before)
  t.equal(
    (await call('PUT', url, { title: 'b' }, { 'if-none-match': '"7"', 'if-match': '*' })).statusCode,
    200,
  )
})

t.test('null gives a field its default back', async (t) => {
  const full = {
    title: 'c',
    description: 'd',
    completed: true,
    due_at: '2026-01-01T00:00:00Z',
    priority: 3,
    labels: ['x'],
  }
  const { _id } = (await call('POST', '/tasks/', full)).json()
  const nulls = { description: null, completed: null, due_at: null, priority: null, labels: null }
  const { statusCode, body } = await call('PATCH', `/tasks/${_id}`, nulls, {
    'content-type': 'application/merge-patch+json',
  })
  t.equal(statusCode, 200)
  const defaults = {
    description: null,
    completed: false,
    completed_at: null,
    due_at: null,
    priority: 0,
    labels: [],
  }
  t.match(JSON.parse(body), { title: 'c', ...defaults, version: 2 })
})

t.test('a limit above the maximum is cut, however large', async (t) => {
  for (const limit of ['101', '2147483647', '9'.repeat(40)]) {
    t.equal((await call('GET', `/tasks/?limit=${limit}`)).statusCode, 200, limit)
  }
})

t.test(
  'forty changes at once through three instances all succeed, each with a version of its own',
  async (t) => {
    const first = await call('POST', '/tasks/', { title: '0' })
    t.equal(first.statusCode, 201)
    const { _id, version } = first.json()
    const others = [await service.another(), await service.another()]
    await Promise.all(others.map((other) => other.ready()))
    const calls = [service, ...others].map((instance) => instance.as(token))
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, n) => calls[n % 3]?.('PUT', `/tasks/${_id}`, { title: `${n}` })),
    )
    t.same(new Set(answers.map((answer) => answer?.statusCode)), new Set([200]))
    const versions = answers.map((answer) => answer?.json().version).sort((a, b) => a - b)
    t.same(
      versions,
      Array.from({ length: 40 }, (_, n) => version + 1 + n),
    )
  },
)
