import t from 'tap'
import { decodeCursor, encodeCursor } from './cursor.ts'

const ID = '0123456789abcdef01234567'
const CREATED_AT = new Date('2026-01-02T03:04:05.678Z')
const encoded = (text: string) => Buffer.from(text).toString('base64url')

t.test('a cursor leads back to the position it was made from', async (t) => {
  for (const createdAt of [CREATED_AT, new Date(0)]) {
    const cursor = encodeCursor({ createdAt, id: ID })
    t.match(cursor, /^[\w-]+$/, 'safe in a URL')
    t.strictSame(decodeCursor(cursor), { createdAt, id: ID })
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
    t.throws(() => decodeCursor(cursor), { statusCode: 400, code: 'INVALID_CURSOR' })
  })
}
