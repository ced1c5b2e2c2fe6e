import t from 'tap'
import { decodeCursor, encodeCursor } from './cursor.ts'

const ID = '0123456789abcdef01234567'
const CREATED_AT = new Date('2026-01-02T03:04:05.678Z')
const encoded = (text: string) => Buffer.from(text).toString('base64url')

t.test('a cursor leads back to the position it was made from', async (t) => {
  for (const value of [CREATED_AT, new Date(0)]) {
    const cursor = encodeCursor('created_at', { value, id: ID })
    t.match(cursor, /^[\w-]+$/, 'safe in a URL')
    t.strictSame(decodeCursor('created_at', cursor), { value, id: ID })
  }
})

const bad: Record<string, string> = {
  'of nothing': '',
  'of nonsense': 'nonsense',
  'without an id': encoded('1'),
  'without a time': encoded(`.${ID}`),
  'with a time before 1970': encoded(`-1.${ID}`),
  'with a time that is no whole number': encoded(`1e3.${ID}`),
  'with a time in hexadecimal digits': encoded(`0x10.${ID}`),
  'with a time without end': encoded(`${'9'.repeat(15)}.${ID}`),
  'with white space around its time': encoded(` 1.${ID}`),
  'with a short id': encoded(`1.${ID.slice(1)}`),
  'with a long id': encoded(`1.${ID}0`),
  'with an id in capitals': encoded(`1.${ID.toUpperCase()}`),
  'with a third part': encoded(`1.${ID}.x`),
  'with a NUL': encoded(`1.${ID}\0`),
  'of JSON': encoded(JSON.stringify({ createdAt: { $gt: 0 }, id: ID })),
  'beyond any length': encoded(`1.${ID}`).padEnd(65, 'A'),
}

for (const [why, cursor] of Object.entries(bad)) {
  t.test(`a cursor ${why} is refused as one this service has not made`, async (t) => {
    t.throws(() => decodeCursor('created_at', cursor), { statusCode: 400, code: 'INVALID_CURSOR' })
  })
}

t.test('a cursor of another order leads back as well, also from tasks without a key', async (t) => {
  for (const [by, value] of [
    ['updated_at', CREATED_AT],
    ['due_at', CREATED_AT],
    ['due_at', null],
    ['priority', 0],
    ['priority', null],
    ['title', 'a "b" \u{1f512}'],
    ['title', ''],
  ] as const)
    t.strictSame(decodeCursor(by, encodeCursor(by, { value, id: ID })), { value, id: ID })
})

t.test('a cursor of one order is none of another', async (t) => {
  const cursors = {
    created_at: encodeCursor('created_at', { value: CREATED_AT, id: ID }),
    due_at: encodeCursor('due_at', { value: null, id: ID }),
    title: encodeCursor('title', { value: 'a', id: ID }),
  }
  for (const [made, cursor] of Object.entries(cursors))
    for (const by of ['created_at', 'updated_at', 'due_at', 'priority', 'title'] as const)
      if (by !== made) t.throws(() => decodeCursor(by, cursor), { code: 'INVALID_CURSOR' }, `${made} ${by}`)
})

const forged: Record<string, unknown> = {
  'of no list': {},
  'of an operator': ['title', { $gt: '' }, ID],
  'with a number for a title': ['title', 1, ID],
  'with a text for a priority': ['priority', '1', ID],
  'with a date beyond dates': ['due_at', 9e15, ID],
  'with a fraction': ['due_at', 1.5, ID],
  'without an id': ['title', 'a'],
  'with another id': ['title', 'a', 'x'],
  'with a fourth part': ['title', 'a', ID, 1],
}

for (const [why, parts] of Object.entries(forged)) {
  t.test(`a cursor ${why} is refused`, async (t) => {
    const by = Array.isArray(parts) ? parts[0] : 'title'
    t.throws(() => decodeCursor(by, encoded(JSON.stringify(parts))), { code: 'INVALID_CURSOR' })
  })
}
