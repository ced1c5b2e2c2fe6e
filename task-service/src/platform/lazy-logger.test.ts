import t from 'tap'
import { startEdge } from './edge.fixture.ts'

t.test('every line of a request names it once, those that its handler writes and the last one', async (t) => {
  const { port, log } = await startEdge(t, {
    routes(app) {
      app.get('/talkative', async ({ log }) => {
        log.warn({ detail: 1 }, 'careful')
        log.child({ part: 'inner' }).error('from within')
        log.debug('below the level')
        return log.level
      })
    },
  })
  const answer = await fetch(`http://127.0.0.1:${port}/talkative`, { headers: { 'x-request-id': 'r-1' } })
  t.equal(await answer.text(), 'info')
  t.match(log, [
    { level: 40, req_id: 'r-1', detail: 1, msg: 'careful' },
    { level: 50, req_id: 'r-1', part: 'inner', msg: 'from within' },
    { level: 30, req_id: 'r-1', method: 'GET', path: '/talkative', status: 200, msg: 'request' },
  ])
  t.equal(log.length, 3)
})
