import Fastify from 'fastify'
import t from 'tap'
import { TooManyAttempts } from '../errors.ts'
import { DatabaseUnavailable } from '../platform/driver-errors.ts'
import type { Act } from './audit-entry.ts'
import auditHooks from './audit-hooks.ts'
import type { AuditTrail } from './audit-trail.ts'

/** An app whose record can be told to fail; `told` is what was written down, and how. */
async function scene(record: () => Promise<void>) {
  const told: [how: string, action: string][] = []
  const trail = {
    record: async ({ action }: Act) => {
      await record()
      told.push(['recorded', action])
    },
    note: ({ action }: Act) => void told.push(['noted', action]),
  } as unknown as AuditTrail
  const app = Fastify()
  await app.register(auditHooks, { trail })
  app.post('/act', { config: { audit: { action: 'user.locked' } } }, async (_request, reply) =>
    reply.code(204).send(null),
  )
  app.post('/soon', { config: { audit: { action: 'session.ended', soon: true } } }, async () => ({}))
  app.post('/refused', { config: { audit: { action: 'login.succeeded', soon: true } } }, async () => {
    throw new TooManyAttempts(1)
  })
  app.post('/plain', async () => ({}))
  const post = async (url: string) => (await app.inject({ method: 'POST', url })).statusCode
  return { post, told }
}

t.test('an act is answered when it is written down, and is no success when it cannot be', async (t) => {
  const { promise, resolve } = Promise.withResolvers<void>()
  const { post, told } = await scene(() => promise)
  const answer = post('/act').then((status) => told.push(['answered', String(status)]))
  resolve()
  await answer
  t.strictSame(told, [
    ['recorded', 'user.locked'],
    ['answered', '204'],
  ])
  const failing = await scene(() => Promise.reject(new DatabaseUnavailable()))
  t.equal(await failing.post('/act'), 503)
  t.strictSame(failing.told, [])
})

t.test('others do not wait; a refusal is noted as one; what says nothing is not', async (t) => {
  const { post, told } = await scene(() => Promise.reject(new Error('never asked')))
  t.equal(await post('/soon'), 200)
  t.equal(await post('/refused'), 429)
  t.equal(await post('/plain'), 200)
  t.strictSame(told, [
    ['noted', 'session.ended'],
    ['noted', 'attempt.throttled'],
  ])
})
