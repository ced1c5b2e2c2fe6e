import {
  MongoInvalidArgumentError,
  MongoNetworkError,
  MongoServerError,
  MongoServerSelectionError,
  MongoTopologyClosedError,
  MongoUnexpectedServerResponseError,
} from 'mongodb'
import t from 'tap'
import { DatabaseUnavailable, guarded } from './driver-errors.ts'
import { isDuplicateKey } from './duplicate-key.ts'

const timeLimit = new MongoServerError({ message: 'operation exceeded time limit', code: 50 })
const notPrimary = new MongoServerError({ message: 'not primary', code: 10_107 })
const duplicate = new MongoServerError({ message: 'E11000', code: 11_000 })

for (const error of [
  new MongoNetworkError('reset'),
  new MongoTopologyClosedError('closed'),
  new MongoUnexpectedServerResponseError('Selected server does not support retryable writes'),
  Object.create(MongoServerSelectionError.prototype),
  Object.assign(new Error('This socket has been ended by the other party'), { code: 'EPIPE' }),
  timeLimit,
  notPrimary,
]) {
  t.test(`${error.name} ${error.code ?? ''} means that the database is away`, async (t) => {
    await t.rejects(guarded(Promise.reject(error)), new DatabaseUnavailable())
  })
}

for (const error of [
  duplicate,
  new MongoInvalidArgumentError('bug'),
  new MongoServerError({ message: 'bad query', code: 2 }),
  new TypeError('bug'),
]) {
  t.test(`${error.name} “${error.message}” stays what it is`, async (t) => {
    t.equal(await guarded(Promise.reject(error)).catch((e) => e), error)
  })
}

t.test('a duplicate key is told apart', async (t) => {
  t.ok(isDuplicateKey(duplicate))
  t.notOk(isDuplicateKey(notPrimary))
})
