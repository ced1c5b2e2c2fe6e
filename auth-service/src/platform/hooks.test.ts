import Fastify from 'fastify'
import t from 'tap'
import { hook, payloadHook } from './hooks.ts'

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
