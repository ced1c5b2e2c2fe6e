import t from 'tap'
import { newAdmin } from './support/admin.ts'
import { call, loggedIn, newEmail } from './support/client.ts'
import { PASSWORD, startService } from './support/service.ts'

const service = await startService(t)
const { app } = service
const admin = (await newAdmin(service)).tokens.access_token
const user = await loggedIn(app)
const token = user.tokens.access_token
const email = newEmail()
const password = PASSWORD
const JSON_TYPE = 'application/json'
const FORM_TYPE = 'application/x-www-form-urlencoded'

interface Row {
  why: string
  method?: 'POST' | 'PUT' | 'PATCH' | 'GET' | 'DELETE'
  url: string
  /** Sent as JSON, or as it is when it is text */
  body?: unknown
  type?: string
  token?: string
  status: number
  code?: string
}

const register = { method: 'POST', url: '/auth/register' } as const
const logIn = { method: 'POST', url: '/auth/login' } as const
const refresh = { method: 'POST', url: '/auth/refresh' } as const
const profile = { method: 'PATCH', url: '/auth/me', token } as const
const create = { method: 'POST', url: '/users/', token: admin } as const
const change = { method: 'PATCH', url: `/users/${user.id}`, token: admin } as const

const boundary = 'xxx'
const multipart = `multipart/form-data; boundary=${boundary}`
const part = (name: string, value: string, more = '') =>
  `--${boundary}\r\nContent-Disposition: form-data; name="${name}"${more}\r\n\r\n${value}\r\n`
const end = `--${boundary}--\r\n`

const rows: Row[] = [
  { why: 'a number for an address', ...register, body: { email: 1, password }, status: 422 },
  { why: 'an operator for an address', ...register, body: { email: { $gt: '' }, password }, status: 422 },
  { why: 'an operator for a password', ...logIn, body: { email, password: { $ne: null } }, status: 422 },
  { why: 'an operator for a name', ...profile, body: { name: { $set: 1 } }, status: 422 },
  { why: 'a list for a name', ...profile, body: { name: ['a'] }, status: 422 },
  { why: 'null for a name', ...profile, body: { name: null }, status: 422 },
  { why: 'a name without end', ...profile, body: { name: 'n'.repeat(201) }, status: 422 },
  {
    why: 'an unknown field',
    ...register,
    body: { email, password, admin: true },
    status: 422,
    code: 'invalid_input',
  },
  { why: 'an unknown field with a dollar', ...change, body: { $set: { role: 'ADMIN' } }, status: 422 },
  { why: 'an unknown field with a dot', ...change, body: { 'leaving.op': 'x' }, status: 422 },
  { why: 'a field nobody may write', ...change, body: { password_hash: 'x' }, status: 422 },
  { why: 'a role there is not', ...change, body: { role: 'admin' }, status: 422 },
  { why: 'an operator for a role', ...change, body: { role: { $ne: 'ADMIN' } }, status: 422 },
  { why: 'permissions that are no list', ...change, body: { permissions: 'all' }, status: 422 },
  { why: 'permissions that are no texts', ...change, body: { permissions: [{ $gt: '' }] }, status: 422 },
  { why: 'too many permissions', ...change, body: { permissions: Array(101).fill('a') }, status: 422 },
  { why: 'a missing password', ...register, body: { email }, status: 422 },
  { why: 'a list for a body', ...register, body: [], status: 422 },
  { why: 'null for a body', ...register, body: 'null', type: JSON_TYPE, status: 422 },
  { why: 'a NUL in an address', ...register, body: { email: `a\0${email}`, password }, status: 422 },
  { why: 'a NUL in a name', ...profile, body: { name: 'a\0b' }, status: 422 },
  { why: 'a NUL in a password', ...logIn, body: { email, password: 'a\0b' }, status: 422 },
  { why: 'a lone surrogate in a name', ...profile, body: '{"name":"\\ud800"}', type: JSON_TYPE, status: 422 },
  {
    why: 'a lone surrogate in a password',
    ...logIn,
    body: `{"email":"${email}","password":"\\udfff"}`,
    type: JSON_TYPE,
    status: 422,
  },
  {
    why: 'a lone surrogate in a permission',
    ...change,
    body: '{"permissions":["\\udc00x"]}',
    type: JSON_TYPE,
    status: 422,
  },
  {
    why: 'the key __proto__',
    ...register,
    body: `{"email":"${email}","password":"${password}","__proto__":{"role":"ADMIN"}}`,
    type: JSON_TYPE,
    status: 400,
  },
  {
    why: 'the key constructor.prototype',
    ...register,
    body: `{"constructor":{"prototype":{"role":"ADMIN"}}}`,
    type: JSON_TYPE,
    status: 400,
  },
  {
    why: 'broken JSON',
    ...register,
    body: '{"email":',
    type: JSON_TYPE,
    status: 400,
    code: 'malformed_json',
  },
  { why: 'an empty JSON body', ...refresh, body: '', type: JSON_TYPE, status: 400, code: 'malformed_json' },
  {
    why: 'bytes that are no UTF-8',
    ...register,
    body: Buffer.from([0x22, 0xff, 0xfe, 0x22]),
    type: JSON_TYPE,
    status: 422,
  },
  {
    why: 'a body of another type',
    ...register,
    body: '<a/>',
    type: 'application/xml',
    status: 415,
    code: 'unsupported_media_type',
  },
  { why: 'a form where only JSON is taken', ...register, body: 'email=a', type: FORM_TYPE, status: 415 },
  { why: 'a media type that is none', ...register, body: '{}', type: 'nonsense;;;', status: 415 },
  {
    why: 'a body above 64 KiB',
    ...register,
    body: { email, password, name: 'n'.repeat(65_536) },
    status: 413,
    code: 'body_too_large',
  },
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
    status: 413,
  },
  {
    why: 'a file in a form',
    ...logIn,
    body: part('username', 'x', '; filename="x"') + part('password', 'p') + end,
    type: multipart,
    status: 413,
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
    status: 400,
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
  { why: 'JSON with the names of the form', ...logIn, body: { username: email, password }, status: 422 },
  { why: 'an empty form', ...logIn, body: '', type: FORM_TYPE, status: 422 },
  { why: 'a NUL in a form', ...logIn, body: 'username=a%00&password=b', type: FORM_TYPE, status: 422 },
  {
    why: 'a refresh token that is none',
    ...refresh,
    body: { refresh_token: 'x' },
    status: 401,
    code: 'refresh_invalid',
  },
  {
    why: 'a refresh token of the right length',
    ...refresh,
    body: { refresh_token: 'x'.repeat(64) },
    status: 401,
  },
  { why: 'an operator for a refresh token', ...refresh, body: { refresh_token: { $gt: '' } }, status: 422 },
  { why: 'a scope there is not', method: 'POST', url: '/auth/logout?scope=all', token, status: 422 },
  { why: 'a scope twice', method: 'POST', url: '/auth/logout?scope=local&scope=global', token, status: 422 },
  {
    why: 'a malformed id',
    method: 'GET',
    url: '/users/xyz',
    token: admin,
    status: 404,
    code: 'user_not_found',
  },
  {
    why: 'a malformed id before a bad body',
    method: 'PUT',
    url: '/users/xyz',
    body: '{',
    type: JSON_TYPE,
    token: admin,
    status: 404,
  },
  {
    why: 'an id of 23 characters',
    method: 'DELETE',
    url: `/users/${user.id.slice(1)}`,
    token: admin,
    status: 404,
  },
  { why: 'an id with a NUL', method: 'GET', url: `/users/${user.id.slice(1)}%00`, token: admin, status: 404 },
  {
    why: 'an id nobody has',
    method: 'PATCH',
    url: `/users/${'0'.repeat(24)}`,
    body: {},
    token: admin,
    status: 404,
  },
  {
    why: 'a bad body before an unknown id',
    method: 'PATCH',
    url: `/users/${'0'.repeat(24)}`,
    body: { x: 1 },
    token: admin,
    status: 422,
  },
  { why: 'a path that cannot be decoded', method: 'GET', url: '/users/%ff', token: admin, status: 404 },
  {
    why: 'no token before a bad body',
    method: 'POST',
    url: '/users/',
    body: '{',
    type: JSON_TYPE,
    status: 401,
  },
  {
    why: 'no role before a bad body',
    method: 'POST',
    url: '/users/',
    body: '{',
    type: JSON_TYPE,
    token,
    status: 403,
  },
  { why: 'a negative limit', method: 'GET', url: '/users/?limit=-1', token: admin, status: 422 },
  { why: 'a limit of zero', method: 'GET', url: '/users/?limit=0', token: admin, status: 422 },
  {
    why: 'a limit that is no number',
    method: 'GET',
    url: '/users/?limit[$gt]=1&limit=x',
    token: admin,
    status: 422,
  },
  { why: 'a skip beyond reason', method: 'GET', url: '/users/?skip=99999999999', token: admin, status: 422 },
  { why: 'a route there is not', method: 'GET', url: '/auth/login', status: 404 },
  ...[
    '',
    'nobody',
    'a@b',
    '@example.com',
    'a@@example.com',
    'a b@example.com',
    'a@exa mple.com',
    'a@.com',
    `${'a'.repeat(65)}@example.com`,
    `a@${'b'.repeat(250)}.com`,
  ].map((bad) => ({
    why: `the address “${bad.slice(0, 20)}”`,
    ...register,
    body: { email: bad, password },
    status: 400,
    code: 'email_invalid',
  })),
  ...[
    'short',
    'a'.repeat(20),
    '1234567890123456',
    'passwordpassword',
    'x'.repeat(129),
    `my ${email.split('@')[0]} is long`,
    'I like AuthDB very much',
  ].map((bad) => ({
    why: `the password “${bad.slice(0, 20)}”`,
    ...create,
    body: { email, password: bad },
    status: 400,
    code: 'password_weak',
  })),
]

for (const { why, method = 'POST', url, body, type, token, status, code } of rows) {
  t.test(`${method} ${url} with ${why} is ${status}`, async (t) => {
    const response = await app.inject({
      method,
      url,
      ...(body !== undefined && { payload: body as object }),
      headers: { ...(type && { 'content-type': type }), ...(token && { authorization: `Bearer ${token}` }) },
    })
    t.equal(response.statusCode, status)
    t.match(response.headers['content-type'], /^application\/problem\+json/)
    const problem = response.json()
    t.match(problem, { status, type: 'about:blank', title: String, request_id: String, code: code ?? String })
    t.type(problem.detail, 'string')
    t.ok(problem.detail.length > 3)
  })
}

t.test('none of it made an account or an administrator', async (t) => {
  const { body } = await call(app, 'GET', '/users/', undefined, admin)
  t.equal(body.length, 2)
  t.equal(body.filter((account: { role: string }) => account.role === 'ADMIN').length, 1)
})
