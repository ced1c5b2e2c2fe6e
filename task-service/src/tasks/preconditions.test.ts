import t from 'tap'
import { Preconditions } from './preconditions.ts'

const METHODS = ['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE']
const check = (method: string, headers: Record<string, string>, etag = '7') =>
  new Preconditions({ method, headers }).check(etag)

t.test('without preconditions, and with those that hold, a request is performed', async (t) => {
  for (const method of METHODS)
    for (const headers of [
      {},
      { 'if-match': '*' },
      { 'if-match': ' * ' },
      { 'if-match': '"7"' },
      { 'if-match': '"x", "7" ,"8"' },
      { 'if-match': 'W/"7", "7"' },
      { 'if-match': '"a,b","7"' },
      { 'if-none-match': '"8"' },
      { 'if-none-match': '"07", "7 ", W/"8"' },
      { 'if-match': '"7"', 'if-none-match': '"8"' },
    ])
      t.equal(check(method, headers), 'met', `${method} ${JSON.stringify(headers)}`)
})

t.test('If-Match that names another version fails, whatever the method', async (t) => {
  for (const method of METHODS)
    for (const header of [
      '',
      '7',
      'W/"7"',
      '"8"',
      '"07"',
      '"7',
      '""',
      ',',
      '"a,"7"',
      '"7" "7"',
      '"7"x',
      '$ne',
      '"*"',
    ])
      t.equal(check(method, { 'if-match': header }), 'failed', `${method} ${header}`)
})

t.test('If-None-Match that names this version is 304 for reads and 412 for writes', async (t) => {
  for (const method of METHODS)
    for (const header of ['*', ' * ', '"7"', 'W/"7"', '"x", "7"', 'W/"x",W/"7"']) {
      const expected = method === 'GET' || method === 'HEAD' ? 'unchanged' : 'failed'
      t.equal(check(method, { 'if-none-match': header }), expected, `${method} ${header}`)
    }
})

t.test('If-None-Match that is malformed names nothing', async (t) => {
  for (const header of ['', '7', '"7', 'w/"7"', '"*"', '7"', '"7"x'])
    t.equal(check('GET', { 'if-none-match': header }), 'met', header)
})

t.test('If-Match comes first', async (t) => {
  t.equal(check('GET', { 'if-match': '"8"', 'if-none-match': '"7"' }), 'failed')
  t.equal(check('GET', { 'if-match': '"7"', 'if-none-match': '"7"' }), 'unchanged')
})
