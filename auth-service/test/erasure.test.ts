import Fastify from 'fastify'
import { createLocalJWKSet, jwtVerify } from 'jose'
import { ObjectId } from 'mongodb'
import t from 'tap'
import { newAdmin } from './support/admin.ts'
import { call, register } from './support/client.ts'
import { freePort } from './support/free-port.ts'
import { startService } from './support/service.ts'
import { until } from './support/until.ts'

/** task-service's internal port: what was asked of it, and what it answers next. */
const taskService = Fastify()
const asked: { owner: string; token: string }[] = []
let answer = 204
taskService.delete<{ Params: { id: string } }>('/internal/owners/:id', async (request, reply) => {
  asked.push({ owner: request.params.id, token: request.headers.authorization ?? '' })
  return reply.code(answer).send()
})
const port = await freePort()
await taskService.listen({ port })
t.teardown(() => taskService.close())

const service = await startService(t, { TASK_SERVICE_INTERNAL_URL: `http://127.0.0.1:${port}/` })
const { app } = service
const { access_token: admin } = (await newAdmin(service)).tokens
const erasures = service.mongo.db(service.environment.MONGODB_DATABASE).collection('erasures')

async function deletedUser(): Promise<string> {
  const { _id } = await register(app)
  await call(app, 'DELETE', `/users/${_id}`, undefined, admin)
  return _id
}

function callsFor(owner: string) {
  return asked.filter((call) => call.owner === owner)
}

t.test('the tasks of a deleted user are deleted with a service token', async (t) => {
  const id = await deletedUser()
  await until('task-service was asked', () => callsFor(id).length === 1)
  const { body: jwks } = await call(app, 'GET', '/.well-known/jwks.json')
  const token = callsFor(id)[0]?.token.replace('Bearer ', '') ?? ''
  const { payload, protectedHeader } = await jwtVerify(token, createLocalJWKSet(jwks), {
    issuer: 'authdb',
    audience: 'task-service-internal',
    typ: 'service+jwt',
    algorithms: ['ES256'],
  })
  t.equal(payload.sub, 'auth-service')
  t.equal((payload.exp ?? 0) - (payload.iat ?? 0), 60)
  t.type(protectedHeader.kid, 'string')
  await until(
    'that is noted',
    async () => (await erasures.findOne({ _id: new ObjectId(id) }))?.acknowledged_at,
  )
  const due = (await erasures.findOne({ _id: new ObjectId(id) }))?.next_attempt_at
  t.ok(due > Date.now() + 1_800_000, 'once more when no access token is left')
})

t.test('what task-service does not acknowledge is tried again', async () => {
  answer = 503
  const id = await deletedUser()
  await until('it was tried twice', () => callsFor(id).length >= 2)
  answer = 204
  await until(
    'it is acknowledged',
    async () => (await erasures.findOne({ _id: new ObjectId(id) }))?.acknowledged_at,
  )
})

t.test('after the last time nothing is left to do', async (t) => {
  const id = await deletedUser()
  await until(
    'it is acknowledged',
    async () => (await erasures.findOne({ _id: new ObjectId(id) }))?.acknowledged_at,
  )
  const long = new Date(Date.now() - 3_600_000)
  await erasures.updateOne({ _id: new ObjectId(id) }, { $set: { requested_at: long, next_attempt_at: long } })
  await until('the note is gone', async () => (await erasures.findOne({ _id: new ObjectId(id) })) === null)
  t.equal(callsFor(id).length, 2)
})
