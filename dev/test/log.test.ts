import t from 'tap'
import { formatLine } from '../src/log-format.ts'
import { type Child, describeExit } from '../src/supervisor.ts'

const TIME = /^\d\d:\d\d:\d\d\.\d{3} /

function format(line: string | object): string {
  const text = formatLine('task-1', typeof line === 'string' ? line : JSON.stringify(line), false)
  if (!TIME.test(text)) throw new Error(`no time: ${text}`)
  return text.replace(TIME, '')
}

t.test('a request is one line: process, level, method, path, status, time, request id', async (t) => {
  const record = {
    level: 30,
    time: 1_700_000_000_000,
    service: 'task-service',
    pid: 1,
    req_id: 'abc',
    method: 'GET',
    path: '/tasks/',
    status: 200,
    ms: 1.5,
  }
  t.equal(format({ ...record, msg: 'request' }), 'task-1    info  GET /tasks/ 200 1.5 ms req=abc')
})

t.test("nginx's own lines read the same", async (t) => {
  const record = {
    level: 'warn',
    time: '2026-01-01T00:00:00+00:00',
    req_id: 'x',
    method: 'GET',
    path: '/',
    status: 404,
    seconds: 0.002,
  }
  t.equal(format(record), 'task-1    warn  GET / 404 2 ms req=x')
})

t.test('other records are their sentence, their fields and their error', async (t) => {
  t.equal(
    format({
      level: 50,
      time: 1,
      msg: 'failed',
      attempt: 2,
      err: { type: 'TypeError', message: 'boom', stack: 'long' },
    }),
    'task-1    error failed attempt=2 TypeError: boom',
  )
})

t.test('what is no record is shown as it is, without queries, which can carry secrets', async (t) => {
  t.equal(format('plain text'), 'task-1    plain text')
  t.equal(format('{broken'), 'task-1    {broken')
  t.equal(format('"GET /tasks/events?ticket=secret HTTP/1.1"'), 'task-1    "GET /tasks/events?… HTTP/1.1"')
})

/** What moves a cursor, begins a line, turns or hides text: each of these has been used to forge logs. */
const HOSTILE = [
  '\x1b[2J',
  '\x1b]0;title\x07',
  '\x9b2J',
  '\x9d0;title\x9c',
  '\rforged',
  '\nforged',
  '\v\f\b\0\x7f',
  '\u2028forged\u2029',
  '\u202eforged\u2066',
  '\u061c\u200e\u200b\ufeff',
  '\u{e0041}',
  '\ud800',
]
const VISIBLE = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]*$/u

t.test('what strangers send cannot act on a terminal, in whatever field it comes', async (t) => {
  const fields = ['level', 'time', 'req_id', 'method', 'path', 'status', 'ms', 'seconds', 'msg', 'upstream']
  for (const [index, text] of HOSTILE.entries()) {
    const name = `text ${index}`
    for (const field of fields)
      t.match(format({ level: 30, msg: 'x', [field]: text }), VISIBLE, `${field}: ${name}`)
    t.match(format({ method: 'GET', path: `/${text}`, status: 404, ms: text, req_id: text }), VISIBLE, name)
    t.match(format({ msg: 'x', [text]: { [text]: [text] } }), VISIBLE, `the name of a field: ${name}`)
    t.match(format({ msg: 'x', err: { type: text, message: text } }), VISIBLE, `an error: ${name}`)
    t.match(format(`GET /${text} x`), VISIBLE, `no record: ${name}`)
    t.match(format(`{"broken": "${text}`), VISIBLE, `broken JSON: ${name}`)
  }
  t.equal(format('\x1b[2J'), 'task-1    \\u{001b}[2J', 'and shows what it was')
  t.equal(format('Grüße, 你好 👋'), 'task-1    Grüße, 你好 👋', 'other languages are no strangers')
})

t.test('nor do the last lines of a program that ended', async (t) => {
  for (const [index, text] of HOSTILE.entries()) {
    const child = { name: 'task-1', lastLines: () => [`a ${text}`] } as Child
    const [, last] = describeExit(child, { code: 1, signal: null }).split(/\n(?= {2}\|)/)
    t.match(last, VISIBLE, `text ${index}`)
  }
})
