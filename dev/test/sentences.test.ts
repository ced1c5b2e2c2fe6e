import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { ROOT } from '../src/checkout.ts'

/** As AuthDB says them: its clients may show or compare them. */
const OF_AUTHDB = new Set([
  'Could not validate credentials',
  'Email already registered',
  'Incorrect email or password',
  'Not Found',
  'Not authenticated',
  'Not enough permissions',
  'Task not found',
  'Unsupported Media Type',
  'User not found',
])
/** Filled in when it is said, or the name of a field with what is wrong with it */
const MADE_LATER = /%s$|^Invalid input/

/** Where a refusal gets its `detail` */
const SAID = [
  /createError\(\s*'\w+',\s*(['"`])(?<text>.*?)\1/gs,
  /new RequestMalformed\((['"`])(?<text>.*?)\1/gs,
  /problem\(\s*\d+,\s*'\w+',\s*(['"`])(?<text>.*?)\1/gs,
  /\bdetail: (['"`])(?<text>.*?)\1/gs,
]

function sentencesIn(folder: string): { text: string; file: string }[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !/\.(test|fixture)\.ts$/.test(file))
    .flatMap((file) => {
      const source = readFileSync(join(ROOT, folder, file), 'utf8')
      return SAID.flatMap((pattern) => [...source.matchAll(pattern)]).map(({ groups }) => ({
        text: groups?.text ?? '',
        file: join(folder, file),
      }))
    })
}

for (const folder of ['auth-service/src', 'task-service/src', 'gateway/src']) {
  t.test(`what ${folder} says to a client is a sentence with a full stop`, async (t) => {
    const said = sentencesIn(folder)
    t.ok(said.length >= 15, `${said.length} sentences were found`)
    const unfinished = said.filter(
      ({ text }) => !/[.?]$/.test(text) && !OF_AUTHDB.has(text) && !MADE_LATER.test(text),
    )
    t.strictSame(unfinished, [])
  })
}
