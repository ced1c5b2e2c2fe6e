import t from 'tap'
import { isAway } from './driver-errors.ts'
import { within } from './time-limit.ts'

t.test('an operation within its limit is what it is', async (t) => {
  t.equal(await within(1_000, Promise.resolve('done')), 'done')
  await t.rejects(within(1_000, Promise.reject(new TypeError('a defect'))), { message: 'a defect' })
})

t.test('an operation that does not end is taken for a database that is away', async (t) => {
  const error = await within(20, new Promise(() => {})).catch((reason: unknown) => reason)
  t.match(error, { message: 'no answer within 20 ms' })
  t.ok(isAway(error))
})

t.test('a failure after the limit disturbs nobody', async (t) => {
  const late = Promise.withResolvers<never>()
  await t.rejects(within(1, late.promise))
  late.reject(new Error('too late'))
  await new Promise((resolve) => setTimeout(resolve, 10))
})
