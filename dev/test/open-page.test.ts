import { readFileSync, statSync } from 'node:fs'
import { PassThrough } from 'node:stream'
import t from 'tap'
import { openOnEnter } from '../src/open-page.ts'

const URL_OF_RUN = 'http://127.0.0.1:8080/#control=8090.secret'

t.test('Enter opens the page once, and no other user of the machine learns the secret', async (t) => {
  const directory = t.testdir({})
  const input = new PassThrough()
  const opened: string[] = []
  const first = new Promise<void>((resolve) => {
    openOnEnter(URL_OF_RUN, directory, input, (file) => {
      opened.push(file)
      resolve()
    })
  })
  input.write('\n\n\n')
  await first
  await new Promise(setImmediate)
  t.equal(opened.length, 1)
  const [file = ''] = opened
  t.notMatch(file, '8090')
  t.match(readFileSync(file, 'utf8'), `url=${URL_OF_RUN}"`)
  t.equal(statSync(file).mode & 0o077, 0)
})
