import t from 'tap'
import { done } from './support/done.ts'
import { hexId } from './support/issuer.ts'
import { JSON_TYPE, MERGE_PATCH, type Row, refuses } from './support/refuses.ts'
import { TestService } from './support/service.ts'

const service = await TestService.start()
t.teardown(() => service.close())
await service.ready()

const token = await service.issuer.token({ sub: hexId() })
const call = service.as(token)
const task = (await done(call, 'POST', '/tasks/', { title: 'as it was' })).json()

const create = { method: 'POST', url: '/tasks/', token } as const
const change = { method: 'PUT', url: `/tasks/${task._id}`, token } as const
const patch = { ...change, method: 'PATCH', type: MERGE_PATCH } as const
const unprocessable = { status: 422, code: 'invalid_input' } as const
const malformed = { status: 400, code: 'malformed_json' } as const
const otherMediaType = { status: 415, code: 'unsupported_media_type' } as const
const tooLarge = { status: 413, code: 'body_too_large' } as const

const fields: Row[] = Object.entries({
  'a number for a title': { title: 1 },
  'null for a title': { title: null },
  'an operator for a title': { title: { $ne: null } },
  'a list for a title': { title: ['a'] },
  'an empty title': { title: '' },
  'a title without end': { title: 't'.repeat(201) },
  'a NUL in a title': { title: 'a\0b' },
  'a description without end': { title: 'a', description: 'd'.repeat(4_001) },
  'a NUL in a description': { title: 'a', description: '\0' },
  'an operator for a description': { title: 'a', description: { $gt: '' } },
  'a text for completed': { title: 'a', completed: 'true' },
  'a number for completed': { title: 'a', completed: 1 },
  'an operator for completed': { title: 'a', completed: { $exists: true } },
  'a priority of four': { title: 'a', priority: 4 },
  'a negative priority': { title: 'a', priority: -1 },
  'half a priority': { title: 'a', priority: 0.5 },
  'a text for a priority': { title: 'a', priority: '1' },
  'an operator for a priority': { title: 'a', priority: { $inc: 1 } },
  'labels that are no list': { title: 'a', labels: 'x' },
  'labels that are no texts': { title: 'a', labels: [{ $gt: '' }] },
  'an empty label': { title: 'a', labels: [''] },
  'a label twice': { title: 'a', labels: ['x', 'x'] },
  'too many labels': { title: 'a', labels: Array.from({ length: 21 }, (_, n) => `${n}`) },
  'a NUL in a label': { title: 'a', labels: ['\0'] },
  'a due date without a time': { title: 'a', due_at: '2026-01-01' },
  'a due date without a zone': { title: 'a', due_at: '2026-01-01T00:00:00' },
  'a due date there is not': { title: 'a', due_at: '2026-02-30T00:00:00Z' },
  'a due date in a leap second': { title: 'a', due_at: '2016-12-31T23:59:60Z' },
  'a due date that is after the year 9999 in UTC': { title: 'a', due_at: '9999-12-31T23:59:59-01:00' },
  'a due date that is before the year 0 in UTC': { title: 'a', due_at: '0000-01-01T00:00:00+01:00' },
  'a number for a due date': { title: 'a', due_at: 1_767_225_600 },
  'an operator for a due date': { title: 'a', due_at: { $date: 0 } },
  'an unknown field': { title: 'a', done: true },
  'a field with a dollar': { title: 'a', $set: { completed: true } },
  'a field with a dot': { title: 'a', 'labels.0': 'x' },
}).flatMap(([why, body]) => [
  { why, ...create, body, ...unprocessable },
  { why, ...change, body, ...unprocessable },
])

const bodies: Row[] = [
  { why: 'the field of an owner', ...create, body: { title: 'a', owner_id: hexId() }, ...unprocessable },
  { why: 'the field of a version', ...create, body: { title: 'a', version: 7 }, ...unprocessable },
  { why: 'no title', ...create, body: { description: 'd' }, ...unprocessable },
  { why: 'a list for a body', ...create, body: [], ...unprocessable },
  { why: 'a list for a body', ...change, body: [], ...unprocessable },
  { why: 'null for a body', ...create, body: 'null', type: JSON_TYPE, ...unprocessable },
  { why: 'null for a body', ...patch, body: 'null', ...unprocessable },
  { why: 'a text for a body', ...change, body: '"x"', type: JSON_TYPE, ...unprocessable },
  { why: 'null for a title', ...patch, body: '{"title":null}', ...unprocessable },
  { why: 'half a character', ...create, body: '{"title":"\\ud800"}', type: JSON_TYPE, ...unprocessable },
  { why: 'half a character', ...change, body: '{"title":"a\\udfff"}', type: JSON_TYPE, ...unprocessable },
  { why: 'half a character', ...patch, body: '{"labels":["\\udc00x"]}', ...unprocessable },
  { why: 'broken JSON', ...create, body: '{"title":', type: JSON_TYPE, ...malformed },
  { why: 'broken JSON', ...change, body: "{'title':'a'}", type: JSON_TYPE, ...malformed },
  { why: 'broken JSON', ...patch, body: '{"title":"a",}', ...malformed },
  { why: 'text after the JSON', ...create, body: '{"title":"a"} x', type: JSON_TYPE, ...malformed },
  {
    why: 'a number that is none',
    ...create,
    body: '{"title":"a","priority":NaN}',
    type: JSON_TYPE,
    ...malformed,
  },
  { why: 'no body', ...create, type: JSON_TYPE, ...malformed },
  { why: 'an empty body', ...create, body: '', type: JSON_TYPE, ...malformed },
  { why: 'an empty body', ...change, body: '', type: JSON_TYPE, ...malformed },
  { why: 'an empty body', ...patch, body: '', ...malformed },
  { why: 'white space for a body', ...create, body: '  ', type: JSON_TYPE, ...malformed },
  {
    why: 'the key __proto__',
    ...create,
    body: '{"title":"a","__proto__":{"x":1}}',
    type: JSON_TYPE,
    ...malformed,
  },
  { why: 'the key __proto__', ...patch, body: '{"__proto__":{"completed":true}}', ...malformed },
  {
    why: 'a key spelled __proto__',
    ...change,
    body: '{"__pr\\u006fto__":{"x":1}}',
    type: JSON_TYPE,
    ...malformed,
  },
  {
    why: 'the key constructor.prototype',
    ...create,
    body: '{"title":"a","constructor":{"prototype":{"x":1}}}',
    type: JSON_TYPE,
    ...malformed,
  },
  { why: 'the key constructor', ...change, body: '{"constructor":1}', type: JSON_TYPE, ...unprocessable },
  { why: 'the key hasOwnProperty', ...create, body: { title: 'a', hasOwnProperty: 1 }, ...unprocessable },
  {
    why: 'bytes that are no UTF-8',
    ...create,
    body: Buffer.from([0x7b, 0xff, 0xfe, 0x7d]),
    type: JSON_TYPE,
    ...malformed,
  },
  { why: 'deep nesting', ...create, body: '['.repeat(30_000), type: JSON_TYPE, ...malformed },
  { why: 'XML', ...create, body: '<a/>', type: 'application/xml', ...otherMediaType },
  { why: 'text', ...create, body: '{"title":"a"}', type: 'text/plain', ...otherMediaType },
  { why: 'text', ...change, body: '{"title":"a"}', type: 'text/plain;charset=utf-8', ...otherMediaType },
  { why: 'a form', ...create, body: 'title=a', type: 'application/x-www-form-urlencoded', ...otherMediaType },
  { why: 'a body of no type', ...create, body: Buffer.from('{"title":"a"}'), ...otherMediaType },
  { why: 'a media type that is none', ...create, body: '{}', type: 'nonsense;;;', ...otherMediaType },
  {
    why: 'a body above 64 KiB',
    ...create,
    body: { title: 'a', description: 'd'.repeat(65_536) },
    ...tooLarge,
  },
  { why: 'a body above 64 KiB', ...patch, body: `"${'x'.repeat(65_536)}"`, ...tooLarge },
]

refuses(service, [...fields, ...bodies])

t.test('the errors of a body are named, in words', async (t) => {
  const { errors, detail } = (await call('POST', '/tasks/', { title: 1, priority: 9, extra: true })).json()
  t.same(errors.map(({ path }: { path: string }) => path).sort(), ['body', 'body/priority', 'body/title'])
  t.match(detail, /^Invalid input: body/)
  t.match(JSON.stringify(errors), /unknown field \\"extra\\"/)
})

t.test('of thousands of mistakes the first ones are named', async (t) => {
  const answer = await call('POST', '/tasks/', { title: 'a', labels: Array(20_000).fill('') })
  t.equal(answer.statusCode, 422)
  t.equal(answer.json().errors.length, 20)
  t.ok(answer.body.length < 4_000, `${answer.body.length} bytes`)
})

t.test('a deletion needs no body, whatever type its client names', async (t) => {
  const { _id } = (await done(call, 'POST', '/tasks/', { title: 'a' })).json()
  const answer = await call('DELETE', `/tasks/${_id}`, undefined, { 'content-type': JSON_TYPE })
  t.equal(answer.statusCode, 200)
})

t.test('what is only unusual is taken as it is', async (t) => {
  const sent = {
    title: '𝒳'.repeat(200),
    description: '{"$where": "1"} \' OR 1=1 -- \u200b\u202e',
    due_at: '2028-02-29T23:59:59.999+23:59',
    labels: ['$gt', '__proto__', '👩‍👩‍👧'],
  }
  const answer = await call('POST', '/tasks/?unknown=1&$where=1', sent)
  t.equal(answer.statusCode, 201)
  t.match(answer.json(), { ...sent, due_at: '2028-02-29T00:00:59.999Z' })
  t.equal((await call('DELETE', `/tasks/${answer.json()._id.toUpperCase()}`)).statusCode, 200)
})

t.test('none of it has changed or made a task', async (t) => {
  t.same((await call('GET', '/tasks/')).json(), [task])
  t.equal((Object.prototype as { x?: number }).x, undefined)
})
