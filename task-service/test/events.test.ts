import t from 'tap'
import { done } from './support/done.ts'
import { newGate } from './support/gate.ts'
import { TestService } from './support/service.ts'
import { redisUrl } from './support/stores.ts'
import { until } from './support/until.ts'

const service = await TestService.start()
t.teardown(() => service.close())
const third = await service.another()
await Promise.all([service, third].map((instance) => instance.ready()))
const url = await service.app.listen({ host: '127.0.0.1', port: 0 })

/** A stream, read as it comes. */
async function open(token: string, headers: Record<string, string> = {}, origin = url) {
  const abort = new AbortController()
  t.teardown(() => abort.abort())
  const response = await fetch(`${origin}/tasks/events`, {
    headers: { authorization: `Bearer ${token}`, ...headers },
    signal: abort.signal,
  })
  const stream = {
    status: response.status,
    headers: response.headers,
    text: '',
    ended: false,
    close: () => abort.abort(),
  }
  const read = async () => {
    for await (const chunk of response.body ?? []) stream.text += Buffer.from(chunk).toString()
    stream.ended = true
  }
  read().catch(() => {})
  return stream
}

t.test('a change through one instance is told by another, with its task and version', async (t) => {
  const { token } = await service.someone()
  const stranger = await service.someone()
  const stream = await open(token, { origin: 'http://localhost:5173' })
  t.equal(stream.status, 200)
  t.match(stream.headers.get('content-type'), /^text\/event-stream/)
  t.equal(stream.headers.get('access-control-allow-origin'), 'http://localhost:5173')
  t.equal(stream.headers.get('cache-control'), 'no-store')
  await until('it is there', () => stream.text.includes('event: ready'))
  const call = third.as(token)
  const { _id } = (await done(call, 'POST', '/tasks/', { title: 'a' })).json()
  await until('it is told of a creation', () => stream.text.includes(`{"_id":"${_id}","version":1}`))
  await done(call, 'PUT', `/tasks/${_id}`, { title: 'b' })
  await until('of a change', () => stream.text.includes('"version":2'))
  await done(call, 'DELETE', `/tasks/${_id}`)
  await until('of a deletion', () => /event: deleted\ndata: .*"version":3/.test(stream.text))
  await done(call, 'POST', `/tasks/${_id}/restore`)
  await until('of a restoration', () => stream.text.includes('"version":4'))
  const { _id: hidden } = (await stranger.call('POST', '/tasks/', { title: 'not yours' })).json()
  await done(call, 'POST', '/tasks/bulk', [{ op: 'create', title: 'c' }])
  await until('of several', () => (stream.text.match(/"version":1/g) ?? []).length === 2)
  t.notMatch(stream.text, hidden)
  stream.close()
})

t.test('a stream that broke off goes on where it was', async () => {
  const { token, call } = await service.someone()
  const first = await open(token)
  const { _id } = (await done(call, 'POST', '/tasks/', { title: 'a' })).json()
  await until('it is told', () => first.text.includes(_id))
  first.close()
  await done(call, 'PUT', `/tasks/${_id}`, { title: 'b' })
  const lastId = [...first.text.matchAll(/^id: (\d+)$/gm)].at(-1)?.[1] ?? ''
  const second = await open(token, { 'last-event-id': lastId })
  await until('it is told what it missed', () => second.text.includes('"version":2'))
  second.close()
})

t.test('while Redis is lost to an instance, its streams go on, and miss nothing', async (t) => {
  const redis = await newGate(t, redisUrl)
  const cut = await service.another({ REDIS_URL: redis.url })
  await cut.ready()
  const origin = await cut.app.listen({ host: '127.0.0.1', port: 0 })
  const { token, call } = await service.someone()
  const stream = await open(token, {}, origin)
  await until('it is there', () => stream.text.includes('event: ready'))
  await redis.close()
  const { _id } = (await done(call, 'POST', '/tasks/', { title: 'a' })).json()
  await done(call, 'PUT', `/tasks/${_id}`, { title: 'b' })
  await redis.open()
  await until('it is told', () => stream.text.includes(`{"_id":"${_id}","version":2}`))
  t.notOk(stream.ended)
  stream.close()
})

t.test('two hundred and fifty-seven streams take none of 256 places for requests', async (t) => {
  const full = await service.another({ MAX_IN_FLIGHT: '256', MAX_EVENT_STREAMS: '257' })
  await full.ready()
  const origin = await full.app.listen({ host: '127.0.0.1', port: 0 })
  const streams = []
  let token = ''
  for (let n = 0; n < 257; n++) {
    if (n % 8 === 0) token = (await full.someone()).token
    streams.push(await open(token, {}, origin))
  }
  t.same(new Set(streams.map(({ status }) => status)), new Set([200]))
  const { call, token: another } = await full.someone()
  // All of them have just read from the database, which may be slow for a moment.
  await until('a request is answered', async () => (await call('GET', '/tasks/?limit=1')).statusCode === 200)
  const refused = await open(another, {}, origin)
  t.equal(refused.status, 503, 'streams have a limit of their own')
  t.ok(Number(refused.headers.get('retry-after')) > 0)
  for (const stream of streams) stream.close()
  await until('a place is free', async () => {
    const next = await open(another, {}, origin)
    next.close()
    return next.status === 200
  })
})

t.test('a stream ends with its session, and with the drain of its instance', async (t) => {
  const { token } = await service.someone({ sid: 'ended' })
  const stream = await open(token)
  service.issuer.endSession('ended')
  await until('it ends', () => stream.ended)
  t.match(stream.text, /retry: \d+\n\n$/)
  t.equal((await open(token)).status, 401)
  const last = await open((await service.someone()).token)
  service.application.readiness.drain()
  await until('it ends, too', () => last.ended)
})

t.test('without a token there is no stream, and HEAD has no end to wait for', async (t) => {
  t.equal((await third.app.inject('/tasks/events')).statusCode, 401)
  const headers = { authorization: `Bearer ${await service.issuer.token()}` }
  const head = await third.app.inject({ method: 'HEAD', url: '/tasks/events', headers })
  t.equal(head.statusCode, 200)
  t.match(head.headers['content-type'], /^text\/event-stream/)
})
