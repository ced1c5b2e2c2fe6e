import t from 'tap'
import { ON, PENDING, TURNED_OFF } from '../../test/support/fake-cache.ts'
import { listScene, STORED } from '../../test/support/list-scene.ts'
import { NotAnnounced, NothingWritten, TooManyWriters } from './errors.ts'

const OTHER_REDIS = { epoch: 3, redisRun: 'B', readable: false }

/** Whether a promise is still open when everything that can go on has gone on. */
async function isOpen(promise: Promise<unknown>): Promise<boolean> {
  let open = true
  const settled = () => {
    open = false
  }
  promise.then(settled, settled)
  for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve))
  return open
}

t.test('a write is marked before it is made, and acknowledged after it is unmarked', async (t) => {
  const { cache, write, steps } = listScene()
  t.equal(await write(), 'written')
  t.strictSame(steps, ['mark', 'commit', 'load', 'unmark'])
  t.equal(cache.unmarkedWith, STORED, 'the list that was read after the write is put into the cache')
})

t.test('without write-through the next reader fills the cache', async (t) => {
  const { cache, write, steps } = listScene({ writeThrough: false })
  await write()
  t.strictSame(steps, ['mark', 'commit', 'unmark'])
  t.equal(cache.unmarkedWith, undefined)
})

t.test('a write that is not alone stores nothing', async (t) => {
  const { cache, write, steps } = listScene()
  cache.marked = 'joined'
  await write()
  t.strictSame(steps, ['mark', 'commit', 'unmark'])
  t.equal(cache.unmarkedWith, undefined)
})

t.test('a write is acknowledged also when its list cannot be read for the cache', async (t) => {
  const { cache, write, mongodb } = listScene()
  mongodb.load = async () => {
    throw new Error('MongoDB is away')
  }
  t.equal(await write(), 'written')
  t.equal(cache.unmarkedWith, undefined)
})

t.test('nothing is stored while the epoch is not settled, but writes are marked', async (t) => {
  const { cache, epochs, write, steps } = listScene()
  epochs.lease = PENDING
  await write()
  t.strictSame(steps, ['mark', 'commit', 'unmark'])
  t.equal(cache.unmarkedWith, undefined)
})

t.test('with the cache off, a write is neither marked nor unmarked', async (t) => {
  const { epochs, write, steps } = listScene()
  epochs.lease = TURNED_OFF
  t.equal(await write(), 'written')
  t.strictSame(steps, ['commit'])
})

t.test('without a lease nothing is written', async (t) => {
  const { epochs, write, steps } = listScene()
  epochs.lease = undefined
  await t.rejects(write(), NothingWritten)
  t.strictSame(steps, [])
})

t.test('after its deadline nothing is written, and the mark is withdrawn', async (t) => {
  const { cache, write, steps } = listScene()
  await t.rejects(write(-1), NothingWritten)
  t.strictSame(steps, ['mark', 'unmark'])
  t.equal(cache.unmarkedWith, undefined)
})

t.test('too many writes of one list at once are refused, and not made', async (t) => {
  const { cache, write, steps } = listScene()
  cache.marked = 'full'
  await t.rejects(write(), TooManyWriters)
  t.strictSame(steps, ['mark'])
})

t.test('a write whose outcome is unknown leaves its mark behind', async (t) => {
  const { write, steps } = listScene()
  await t.rejects(
    write(3_000, async () => {
      throw new Error('the connection was lost')
    }),
    { message: 'the connection was lost' },
  )
  t.strictSame(steps, ['mark', 'commit', 'abandon'])
})

t.test('a write that was refused takes its mark away, whether or not Redis answers', async (t) => {
  for (const unreachable of [[], ['unmark']]) {
    const { cache, write, steps } = listScene()
    for (const step of unreachable) cache.unreachable.add(step)
    await t.rejects(
      write(3_000, async () => {
        throw new NothingWritten()
      }),
      NothingWritten,
    )
    t.strictSame(steps, ['mark', 'commit', 'unmark'])
    t.equal(cache.unmarkedWith, undefined)
  }
})

t.test('an error that is no refusal leaves the outcome open', async (t) => {
  const { write, steps } = listScene()
  await t.rejects(
    write(3_000, async () => {
      throw new TypeError('a defect')
    }),
    { message: 'a defect' },
  )
  t.strictSame(steps, ['mark', 'commit', 'abandon'])
})

t.test('a mark that fails has the cache turned off, and the write goes on under off', async (t) => {
  const { cache, epochs, write, steps } = listScene()
  cache.unreachable.add('mark')
  epochs.onProposeOff = () => {
    epochs.lease = TURNED_OFF
  }
  t.equal(await write(), 'written')
  t.equal(epochs.proposals, 1)
  t.equal(steps.at(-1), 'commit')
  t.ok(steps.filter((step) => step === 'mark').length > 1, 'not before it was tried again')
})

t.test('a mark that fails is no licence to write before off is held', async (t) => {
  const { cache, epochs, write, steps } = listScene()
  cache.unreachable.add('mark')
  const off = Promise.withResolvers<void>()
  epochs.onProposeOff = () => {
    epochs.lease = undefined
    epochs.next = async () => {
      await off.promise
      return epochs.lease
    }
  }
  const writing = write()
  while (epochs.proposals === 0) await isOpen(writing)
  t.ok(await isOpen(writing))
  t.notOk(steps.includes('commit'))
  epochs.lease = TURNED_OFF
  off.resolve()
  t.equal(await writing, 'written')
})

t.test('a mark that fails, and off that does not come before the deadline, writes nothing', async (t) => {
  const { cache, epochs, write, steps } = listScene()
  cache.unreachable.add('mark')
  epochs.onProposeOff = () => {
    epochs.next = async () => undefined
  }
  await t.rejects(write(), NothingWritten)
  t.notOk(steps.includes('commit'))
})

t.test('an unmark that fails is acknowledged when off is held, not before', async (t) => {
  const { cache, epochs, write } = listScene()
  cache.unreachable.add('unmark')
  const off = Promise.withResolvers<void>()
  epochs.onProposeOff = () => {
    epochs.lease = undefined
    epochs.next = async () => {
      await off.promise
      return epochs.lease
    }
  }
  const writing = write()
  while (epochs.proposals === 0) await isOpen(writing)
  t.ok(await isOpen(writing), 'the write is made, but a reader may not know')
  epochs.lease = TURNED_OFF
  off.resolve()
  t.equal(await writing, 'written')
})

t.test(
  'an unmark that fails, and off that does not come before the deadline, is never a success',
  async (t) => {
    const { cache, epochs, write, steps, registry } = listScene()
    cache.unreachable.add('unmark')
    epochs.onProposeOff = () => {
      epochs.next = async () => undefined
    }
    await t.rejects(write(), NotAnnounced)
    t.equal(steps.filter((step) => step === 'commit').length, 1)
    t.match(await registry.metrics(), 'task_cache_unmark_failures_total 1')
  },
)

t.test('an unmark under a lease that has ended is done again under the next, without the list', async (t) => {
  const { cache, epochs, write, steps } = listScene()
  const unmark = cache.unmark.bind(cache)
  let first = true
  cache.unmark = (...parts) => {
    if (first) epochs.lease = OTHER_REDIS
    first = false
    return unmark(...parts)
  }
  t.equal(await write(), 'written')
  t.strictSame(steps, ['mark', 'commit', 'load', 'unmark', 'unmark'])
  t.equal(cache.unmarkedWith, undefined)
})

t.test('a write under off, when a cache was turned on meanwhile, is unmarked there', async (t) => {
  const { epochs, write, steps } = listScene()
  epochs.lease = TURNED_OFF
  await write(3_000, async () => {
    epochs.lease = OTHER_REDIS
    return 'written'
  })
  t.strictSame(steps, ['commit', 'unmark'])
})

t.test('a write whose lease ended and does not come back is never a success', async (t) => {
  for (const lease of [ON, TURNED_OFF]) {
    const { epochs, write } = listScene()
    epochs.lease = lease
    const writing = write(3_000, async () => {
      epochs.lease = undefined
      return 'written'
    })
    await t.rejects(writing, NotAnnounced, lease.redisRun)
  }
})
