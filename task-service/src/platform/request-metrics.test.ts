import t from 'tap'
import { ORIGIN, startEdge } from './edge.fixture.ts'

t.test('each answer to a route counts once, under its method, route and status', async (t) => {
  const { app, registry } = await startEdge(t, {
    routes(app) {
      app.get('/things/:id', async ({ params }) => params)
      app.post('/things', { onResponse: async () => {} }, async (_request, reply) => reply.code(409).send())
    },
  })
  await app.inject('/things/1')
  await app.inject('/things/2')
  await app.inject({ method: 'POST', url: '/things' })
  for (const method of ['HEAD', 'OPTIONS'] as const)
    await app.inject({ method, url: '/things/1', headers: { origin: ORIGIN } })
  await app.inject('/nowhere')
  const lines = (await registry.metrics()).split('\n')
  t.strictSame(
    lines.filter((line) => line.startsWith('http_request_duration_seconds_count')),
    [
      'http_request_duration_seconds_count{method="GET",route="/things/:id",status_code="200"} 2',
      'http_request_duration_seconds_count{method="POST",route="/things",status_code="409"} 1',
    ],
  )
  const [sum = ''] = lines.filter((line) => line.startsWith('http_request_duration_seconds_sum{method="GET"'))
  const seconds = Number(sum.split(' ').at(-1))
  t.ok(seconds > 0 && seconds < 60, `seconds, not milliseconds: ${sum}`)
  t.ok(lines.some((line) => line.startsWith('process_cpu_seconds_total')))
})
