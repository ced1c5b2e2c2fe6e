import t from 'tap'
import { HashingBusy } from '../errors.ts'
import { BoundedQueue } from './bounded-queue.ts'

/** A job that runs until it is told to end. */
function newJob() {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  return { started: false, end: resolve, fail: reject, promise }
}

function start(queue: BoundedQueue, job: ReturnType<typeof newJob>): Promise<string> {
  return queue.run(() => {
    job.started = true
    return job.promise
  })
}

t.test('runs so many at once, the others in the order they came', async (t) => {
  const queue = new BoundedQueue({ concurrency: 2, waiting: 10, deadlineMs: 10_000 })
  const jobs = Array.from({ length: 4 }, newJob)
  const results = jobs.map((job) => start(queue, job))
  t.strictSame(
    jobs.map(({ started }) => started),
    [true, true, false, false],
  )
  t.equal(queue.depth, 2)
  jobs[1]?.end('b')
  t.equal(await results[1], 'b')
  t.strictSame(
    jobs.map(({ started }) => started),
    [true, true, true, false],
  )
  jobs[0]?.end('a')
  jobs[2]?.end('c')
  jobs[3]?.end('d')
  t.strictSame(await Promise.all(results), ['a', 'b', 'c', 'd'])
  t.equal(queue.depth, 0)
})

t.test('a job that fails gives its place on', async (t) => {
  const queue = new BoundedQueue({ concurrency: 1, waiting: 1, deadlineMs: 10_000 })
  const [first, second] = [newJob(), newJob()]
  const results = [start(queue, first), start(queue, second)]
  first.fail(new Error('no'))
  await t.rejects(async () => results[0], { message: 'no' })
  second.end('b')
  t.equal(await results[1], 'b')
})

t.test('refuses what does not fit into the queue', async (t) => {
  const queue = new BoundedQueue({ concurrency: 1, waiting: 1, deadlineMs: 10_000 })
  const [first, second] = [newJob(), newJob()]
  const results = [start(queue, first), start(queue, second)]
  await t.rejects(start(queue, newJob()), new HashingBusy())
  first.end('a')
  second.end('b')
  t.strictSame(await Promise.all(results), ['a', 'b'])
})

t.test('refuses what waits past the deadline, and never runs it', async (t) => {
  const queue = new BoundedQueue({ concurrency: 1, waiting: 5, deadlineMs: 1 })
  const [first, late] = [newJob(), newJob()]
  const result = start(queue, first)
  await t.rejects(start(queue, late), new HashingBusy())
  first.end('a')
  t.equal(await result, 'a')
  t.notOk(late.started)
  t.equal(queue.depth, 0)
  const next = newJob()
  next.end('c')
  t.equal(await start(queue, next), 'c', 'the place is free again')
})
