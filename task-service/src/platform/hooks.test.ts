import Fastify, { type FastifyReply, type FastifyRequest } from 'fastify'
import t from 'tap'
import { hook, hookThatMayWait, payloadHook } from './hooks.ts'

const HOOKS = ['onRequest', 'preParsing', 'preValidation', 'onSend'] as const

for (const name of HOOKS) {
  t.test(`what a step throws in ${name} is answered, and the next request is served`, async (t) => {
    const app = Fastify()
    let refused = false
    const step = () => {
      if (refused) return
      refused = true
      throw Object.assign(new Error('not now'), { statusCode: 418 })
    }
    if (name === 'onRequest') app.addHook(name, hook(step))
    else if (name === 'preValidation') app.addHook(name, hook(step))
    else if (name === 'preParsing') app.addHook(name, payloadHook(step))
    else app.addHook(name, payloadHook(step))
    app.post('/', async (request) => request.body)
    const send = () => app.inject({ method: 'POST', url: '/', payload: { a: 1 } })
    t.equal((await send()).statusCode, 418)
    const answer = await send()
    t.equal(answer.statusCode, 200)
    t.same(answer.json(), { a: 1 })
  })
}

t.test('a step that may wait is answered for what it throws, at once or later', async (t) => {
  const app = Fastify()
  const refusal = Object.assign(new Error('not now'), { statusCode: 418 })
  app.addHook(
    'onRequest',
    hookThatMayWait((request) => {
      if (request.url === '/at-once') throw refusal
      if (request.url === '/later') return Promise.reject(refusal)
      return request.url === '/waits' ? Promise.resolve() : undefined
    }),
  )
  app.get('*', async () => 'served')
  const statusOf = async (url: string) => (await app.inject({ url })).statusCode
  t.equal(await statusOf('/at-once'), 418)
  t.equal(await statusOf('/later'), 418)
  t.equal(await statusOf('/waits'), 200)
  t.equal(await statusOf('/'), 200)
})

t.test('what a step throws is passed on also where Fastify does not call it', async (t) => {
  const error = new Error('not now')
  const step = () => {
    throw error
  }
  const [request, reply] = [{} as FastifyRequest, {} as FastifyReply]
  const passedOn: unknown[] = []
  hook(step)(request, reply, (given) => void passedOn.push(given))
  payloadHook(step)(request, reply, null, (given) => void passedOn.push(given))
  t.strictSame(passedOn, [error, error])
})
