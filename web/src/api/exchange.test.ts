import t from 'tap'
import {
  cacheWord,
  type Exchange,
  kindOf,
  parseCacheStatus,
  parseServerTiming,
  serviceOf,
} from './exchange.ts'

const LIST: Exchange = { id: '1', method: 'GET', path: '/tasks/', status: 200, ms: 1, own: true }

t.test('Server-Timing is read, and what is unknown or malformed in it is skipped', async (t) => {
  t.strictSame(parseServerTiming('app;dur=1.90, redis;dur=0.42,mongodb;dur=3'), {
    app: 1.9,
    redis: 0.42,
    mongodb: 3,
  })
  t.strictSame(parseServerTiming('cdn;dur=9, app;desc="x", redis;dur=soon'), {})
  t.strictSame(parseServerTiming(null), {})
})

t.test('Cache-Status is read in every form that the service sends', async (t) => {
  t.strictSame(parseCacheStatus('task-lists; hit'), { cache: 'hit' })
  t.strictSame(parseCacheStatus('task-lists; fwd=uri-miss; stored'), { cache: 'stored' })
  t.strictSame(parseCacheStatus('task-lists; fwd=uri-miss'), { cache: 'miss' })
  t.strictSame(parseCacheStatus('task-lists; fwd=bypass; detail=cache-off'), {
    cache: 'bypass',
    cacheDetail: 'cache-off',
  })
  t.equal(parseCacheStatus('task-lists; fwd=request'), undefined)
  t.equal(parseCacheStatus(null), undefined)
  t.equal(cacheWord({ ...LIST, cache: 'bypass', cacheDetail: 'cache-off' }), 'past the cache: cache off')
})

t.test('a request is drawn by what it was, and a failure before all else', async (t) => {
  t.equal(kindOf({ ...LIST, cache: 'hit' }), 'hit')
  t.equal(kindOf({ ...LIST, cache: 'stored' }), 'miss')
  t.equal(kindOf({ ...LIST, method: 'POST', status: 201 }), 'write')
  t.equal(kindOf({ ...LIST, path: '/auth/me' }), 'account')
  t.equal(kindOf({ ...LIST, status: 503 }), 'error')
  t.equal(kindOf({ ...LIST, status: 0 }), 'error')
  t.equal(serviceOf('/api/v1/tasks/all'), 'task')
  t.equal(serviceOf('/tasksandmore'), 'auth')
})
