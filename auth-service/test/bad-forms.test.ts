import t from 'tap'
import { newEmail } from './support/client.ts'
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

refuses(app, rows)
