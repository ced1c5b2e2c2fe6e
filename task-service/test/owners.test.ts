import t from 'tap'
import { done } from './support/done.ts'
import { encode, es256, hexId, newSigningKey } from './support/issuer.ts'
import { TestService } from './support/service.ts'

const service = await TestService.start()
t.teardown(() => service.close())
await service.ready()
const url = await service.app.internal.listen({ host: '127.0.0.1', port: 0 })
const { issuer } = service

async function remove(owner: string, token?: string) {
  const response = await fetch(`${url}/internal/owners/${owner}`, {
    method: 'DELETE',
    headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
  })
  return { status: response.status, headers: response.headers, body: (await response.json()) as object }
}

async function owner(tasks: number) {
  const id = hexId()
  const call = service.as(await issuer.token({ sub: id }))
  for (let n = 0; n < tasks; n++) await done(call, 'POST', '/tasks/', { title: `task ${n}` })
  return { id, list: async () => (await call('GET', '/tasks/')).json() }
}

t.test("all tasks of a deleted user are removed, no others', and it can be repeated", async (t) => {
  const [gone, other] = [await owner(3), await owner(1)]
  t.equal((await gone.list()).length, 3)
  const token = await issuer.serviceToken()
  t.match(await remove(gone.id, token), { status: 200, body: { deleted: 3 } })
  t.match(await remove(gone.id, token), { status: 200, body: { deleted: 0 } })
  t.same(await gone.list(), [], 'also in the cache')
  t.equal((await other.list()).length, 1)
})

const stranger = newSigningKey()
const unsigned = (await issuer.serviceToken()).split('.').slice(0, 2).join('.')
const bad: Record<string, string | undefined> = {
  'no token': undefined,
  'an access token': await issuer.token(),
  'an access token of an administrator': await issuer.token({ role: 'ADMIN' }),
  'an access token for this audience': await issuer.token({ aud: 'task-service-internal' }),
  'a token of another type': await issuer.serviceToken({}, { typ: 'at+jwt' }),
  'a token for another audience': await issuer.serviceToken({ aud: 'authdb' }),
  'a token of another issuer': await issuer.serviceToken({ iss: 'https://example.com' }),
  'an expired token': await issuer.serviceToken({ exp: Math.floor(Date.now() / 1000) - 1 }),
  'a token that never expires': await issuer.serviceToken({ exp: undefined }),
  'a token without a subject': await issuer.serviceToken({ sub: undefined }),
  'an unsigned token': `${unsigned}.`,
  'a token signed by a stranger': `${unsigned}.${es256(unsigned, stranger.privateKey)}`,
  'a token with alg none': `${encode({ alg: 'none', typ: 'service+jwt' })}.${unsigned.split('.')[1]}.`,
}

for (const [what, token] of Object.entries(bad)) {
  t.test(`with ${what} nothing is removed`, async (t) => {
    const { id, list } = await owner(1)
    const answer = await remove(id, token)
    t.match(answer, { status: 401, body: { code: 'invalid_token', status: 401 } })
    t.match(answer.headers.get('www-authenticate'), /^Bearer/)
    t.equal((await list()).length, 1)
  })
}

t.test('an id that is none is refused, after the token', async (t) => {
  const token = await issuer.serviceToken()
  for (const id of ['x', '$ne', '0'.repeat(25), '%00']) {
    t.match(await remove(id, token), { status: 422, body: { code: 'invalid_input' } }, id)
  }
  t.match(await remove('x'), { status: 401 })
})

t.test('the public port has no such path', async (t) => {
  const headers = { authorization: `Bearer ${await issuer.serviceToken()}` }
  const answer = await service.app.inject({ method: 'DELETE', url: `/internal/owners/${hexId()}`, headers })
  t.equal(answer.statusCode, 404)
})
