import t from 'tap'
import { call, newEmail } from './support/client.ts'
import { FORM_TYPE, type Row, refuses } from './support/refuses.ts'
import { startService } from './support/service.ts'

const { app } = await startService(t)
const email = newEmail()
const logIn = { method: 'POST', url: '/auth/login' } as const

const boundary = 'xxx'
const multipart = `multipart/form-data; boundary=${boundary}`
const part = (name: string, value: string, more = '') =>
  `--${boundary}\r\nContent-Disposition: form-data; name="${name}"${more}\r\n\r\n${value}\r\n`
const end = `--${boundary}--\r\n`

const rows: Row[] = [
  {
    why: 'a form above 64 KiB',
    ...logIn,
    body: `username=${'u'.repeat(65_536)}`,
    type: FORM_TYPE,
    status: 413,
  },
  {
    why: 'a multipart form above 64 KiB',
    ...logIn,
    body: part('username', 'u'.repeat(1_000_000)) + end,
    type: multipart,
    status: 413,
  },
  {
    why: 'a multipart form of many fields',
    ...logIn,
    body: part('a', 'b').repeat(50) + end,
    type: multipart,
    status: 422,
  },
  {
    why: 'a file in a form',
    ...logIn,
    body: part('username', 'x', '; filename="x"') + part('password', 'p') + end,
    type: multipart,
    status: 422,
  },
  {
    why: 'a multipart form cut off',
    ...logIn,
    body: part('username', email).slice(0, -20),
    type: multipart,
    status: 400,
  },
  {
    why: 'a multipart form without a boundary',
    ...logIn,
    body: part('username', email) + end,
    type: 'multipart/form-data',
    status: 400,
  },
  {
    why: 'the multipart field __proto__',
    ...logIn,
    body: part('__proto__', 'x') + end,
    type: multipart,
    status: 422,
  },
  {
    why: 'a multipart field twice',
    ...logIn,
    body: part('username', 'a') + part('username', 'b') + part('password', 'c') + end,
    type: multipart,
    status: 422,
  },
  {
    why: 'a form field twice',
    ...logIn,
    body: 'username=a&username=b&password=c',
    type: FORM_TYPE,
    status: 422,
  },
  {
    why: 'an operator in a form',
    ...logIn,
    body: 'username[$ne]=a&password[$ne]=b',
    type: FORM_TYPE,
    status: 422,
  },
  {
    why: 'the form field __proto__',
    ...logIn,
    body: '__proto__=a&username=a&password=b',
    type: FORM_TYPE,
    status: 422,
  },
  { why: 'no body and no type', ...logIn, status: 400, code: 'malformed_form' },
  { why: 'an empty form', ...logIn, body: '', type: FORM_TYPE, status: 422 },
  { why: 'a NUL in a form', ...logIn, body: 'username=a%00&password=b', type: FORM_TYPE, status: 422 },
]

const malformed = { status: 400, code: 'malformed_form' } as const
const bytes = (text: string) => Buffer.from(text, 'latin1')
const notUtf8: Row[] = [
  { why: 'bytes', body: bytes('username=a&password=\xe9'), type: FORM_TYPE, ...malformed },
  { why: 'escaped bytes', body: 'username=a&password=%E9', type: FORM_TYPE, ...malformed },
  { why: 'escaped bytes in a name', body: 'username=a&passw%FFord=b', type: FORM_TYPE, ...malformed },
  {
    why: 'half of an escaped character',
    body: 'username=a&password=%C3&scope=',
    type: FORM_TYPE,
    ...malformed,
  },
  {
    why: 'bytes in a part',
    body: bytes(part('username', 'a') + part('password', '\xe9') + end),
    type: multipart,
    ...malformed,
  },
  {
    why: 'a part in another charset',
    body: bytes(
      part('username', 'a') +
        part('password', '\xc3\xa9', '\r\nContent-Type: text/plain; charset=iso-8859-1') +
        end,
    ),
    type: multipart,
    ...malformed,
  },
  ...[FORM_TYPE, multipart, 'application/json'].map((type) => ({
    why: `another charset of ${type}`,
    body: '{}',
    type: `${type}; charset=iso-8859-1`,
    status: 415,
    code: 'unsupported_media_type',
  })),
].map((row) => ({ ...logIn, ...row, why: `what is not UTF-8: ${row.why}` }))

refuses(app, [...rows, ...notUtf8])

t.test('a password in UTF-8 is the same in every form, whatever it holds', async (t) => {
  const password = '100% ünïcödé + \u{1f512} & = %C3 \ufeffx'
  const { status } = await call(app, 'POST', '/auth/register', { email, password })
  t.equal(status, 201)
  const data = new FormData()
  data.append('username', email)
  data.append('password', password)
  const payloads = [
    {
      payload: new URLSearchParams({ username: email, password }).toString(),
      headers: { 'content-type': FORM_TYPE },
    },
    {
      payload: `username=${email}&password=${encodeURIComponent(password)}`,
      headers: { 'content-type': `${FORM_TYPE}; charset=UTF-8` },
    },
    { payload: data },
    { payload: { email, password } },
  ]
  for (const sent of payloads) t.equal((await app.inject({ ...logIn, ...sent })).statusCode, 200)
})
