import t from 'tap'
import { bearerToken, namesBearer } from './bearer.ts'

const request = (authorization?: string) => ({ headers: { authorization } })
const SPACES = ' '.repeat(9)

t.test('the scheme may be written in any case, and one space or more follow it', async (t) => {
  for (const header of [
    'Bearer a.b.c',
    'bearer a.b.c',
    'BEARER a.b.c',
    'Bearer  a.b.c',
    `Bearer${SPACES}a.b.c`,
  ])
    t.equal(bearerToken(request(header)), 'a.b.c', header)
})

t.test('a header with another scheme names no token', async (t) => {
  for (const header of [undefined, '', 'Basic a.b.c', 'Bearera.b.c', 'Bearer\ta.b.c', ' Bearer a.b.c']) {
    t.notOk(namesBearer(request(header)), header ?? 'none')
    t.equal(bearerToken(request(header)), undefined)
  }
})

t.test('what is not in the form of a token is none', async (t) => {
  for (const token of ['', ' ', ' a.b', ' a.b.c d', ' a.b.c,a.b.c', ' a.b.c.d', ' {}']) {
    t.ok(namesBearer(request(`Bearer${token}`)), token)
    t.equal(bearerToken(request(`Bearer${token}`)), undefined)
  }
})
