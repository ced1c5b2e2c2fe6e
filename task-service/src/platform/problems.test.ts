import createError from '@fastify/error'
import t from 'tap'
import { Type } from 'typebox'
import { startEdge } from './edge.fixture.ts'

const Away = createError('away', 'It is away', 503)

t.test('a refusal is sent whole, whatever a route sends with the same status', async (t) => {
  const { app } = await startEdge(t, {
    routes(app) {
      const response = { 503: Type.Object({ mine: Type.String() }, { additionalProperties: false }) }
      app.get('/away', { schema: { response } }, async () => {
        throw new Away()
      })
    },
  })
  const { statusCode, body } = await app.inject('/away')
  t.equal(statusCode, 503)
  t.match(JSON.parse(body), { status: 503, code: 'away', detail: 'It is away', request_id: String })
})
