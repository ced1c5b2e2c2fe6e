import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { until } from '../../test/support/until.ts'
import { formatKeys } from './key-file.ts'
import { readKeys, watchKeys } from './key-file-watch.ts'
import { rotate } from './rotation.ts'

const SECRET = 's3cretkey'
const broken = {
  'is not JSON': `{"keys": [{"d": ${SECRET}`,
  'is a text': SECRET,
  'is null': 'null',
  'has a key with a number in it': `{"keys": [{"kty":"EC","crv":"P-256","x":12345678901,"y":"${SECRET}","d":"${SECRET}"}]}`,
  'has a key that is a text': `{"keys": ["${SECRET}"]}`,
  'has a key of another kind': `{"keys": [{"kty":"${SECRET}"}]}`,
  'is no PEM inside': `-----BEGIN PRIVATE KEY-----\n${SECRET}\n-----END PRIVATE KEY-----\n`,
}

for (const [what, content] of Object.entries(broken)) {
  t.test(`a key file that ${what} is refused by name, and nothing of it is quoted`, async (t) => {
    const file = join(t.testdir({ 'keys.json': content }), 'keys.json')
    const { message, cause } = await readKeys(file).then(
      () => new Error('nothing is wrong'),
      (error: Error) => error,
    )
    t.equal(cause, undefined)
    t.match(message, /^SIGNING_KEYS_FILE .*keys\.json: [\w" -]+$/)
    t.notMatch(message, /s3c|12345678901/)
  })
}

/** A watch over a file with one key, and what it logged and handed on. */
async function watched(t: Test) {
  const first = await rotate([], 1)
  const file = join(t.testdir({ 'keys.json': formatKeys(first) }), 'keys.json')
  const lines: string[] = []
  const kids: string[][] = []
  const log = (details: object, message: string) => void lines.push(`${message} ${JSON.stringify(details)}`)
  const reading = await readKeys(file)
  const start = () => {
    const stop = watchKeys(
      reading,
      { info: log, error: log },
      (keys) => kids.push(keys.map(({ kid }) => kid)),
      5,
    )
    t.teardown(stop)
  }
  const failures = () => lines.filter((line) => line.startsWith('signing keys could not')).length
  const mended = () => lines.filter((line) => line.includes('can be read again')).length
  return { first, file, lines, kids, start, failures, mended }
}

t.test('keys that changed between the first reading and the watch are handed on', async (t) => {
  const { first, file, kids, start } = await watched(t)
  const second = await rotate(first, 2)
  writeFileSync(file, formatKeys(second))
  start()
  await until('the new keys are handed on', () => kids.length > 0)
  t.strictSame(kids, [second.map(({ kid }) => kid)])
})

t.test('each time the file breaks is logged once, and so is each time it is mended', async (t) => {
  const { first, file, lines, kids, start, failures, mended } = await watched(t)
  start()
  for (const round of [1, 2, 3]) {
    writeFileSync(file, `{"keys": [${SECRET}`)
    await until('it is logged', () => failures() === round)
    writeFileSync(file, formatKeys(first))
    await until('it is seen to be mended', () => mended() === round)
  }
  t.equal(failures(), 3)
  t.strictSame(kids, [], 'the keys were the same all the time')
  t.notMatch(lines.join(), SECRET)
})
