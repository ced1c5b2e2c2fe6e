import t from 'tap'
import { newAdmin } from './support/admin.ts'
import { call, loggedIn, newEmail } from './support/client.ts'
import { FORM_TYPE, JSON_TYPE, type Row, refuses } from './support/refuses.ts'
import { PASSWORD, startService } from './support/service.ts'

const service = await startService(t)
const { app } = service
const admin = (await newAdmin(service)).tokens.access_token
const user = await loggedIn(app)
const token = user.tokens.access_token
const email = newEmail()
const password = PASSWORD

const register = { method: 'POST', url: '/auth/register' } as const
const logIn = { method: 'POST', url: '/auth/login' } as const
const refresh = { method: 'POST', url: '/auth/refresh' } as const
const profile = { method: 'PATCH', url: '/auth/me', token } as const
const change = { method: 'PATCH', url: `/users/${user.id}`, token: admin } as const

const rows: Row[] = [
  { why: 'a number for an address', ...register, body: { email: 1, password }, status: 422 },
  { why: 'an operator for an address', ...register, body: { email: { $gt: '' }, password }, status: 422 },
  { why: 'an operator for a password', ...logIn, body: { email, password: { $ne: null } }, status: 422 },
  { why: 'an operator for a name', ...profile, body: { name: { $set: 1 } }, status: 422 },
  { why: 'a list for a name', ...profile, body: { name: ['a'] }, status: 422 },
  { why: 'null for an address', ...register, body: { email: null, password }, status: 422 },
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
    status: 400,
    code: 'malformed_json',
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
  { why: 'JSON with the names of the form', ...logIn, body: { username: email, password }, status: 422 },
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
  { why: 'a route there is not', method: 'GET', url: '/auth/nowhere', status: 404 },
  { why: 'another method', method: 'GET', url: '/auth/login', status: 405, code: 'method_not_allowed' },
]

refuses(app, rows)

t.test('none of it made an account or an administrator', async (t) => {
  const { body } = await call(app, 'GET', '/users/', undefined, admin)
  t.equal(body.length, 2)
  t.equal(body.filter((account: { role: string }) => account.role === 'ADMIN').length, 1)
})
