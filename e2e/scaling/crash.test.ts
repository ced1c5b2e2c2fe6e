import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { promisify } from 'node:util'
import t from 'tap'
import { freePorts } from '../../dev/index.ts'
import { crashScript } from './crash.ts'

/** Prints a last line whenever it gets the time for it. */
const VICTIM = `
  for (const event of ['SIGTERM', 'SIGINT', 'beforeExit', 'exit']) process.on(event, () => console.log('farewell'))
  setInterval(() => {}, 1_000)
  console.log('here')
`

t.test('a crashed process ends with 137 and has no time for a farewell', { timeout: 240_000 }, async (t) => {
  const [port] = await freePorts(1)
  const victim = spawn(process.execPath, [`--inspect-port=${port}`, '--eval', VICTIM])
  t.teardown(() => victim.kill('SIGKILL'))
  let said = ''
  victim.stdout.on('data', (text) => {
    said += text
  })
  await once(victim.stdout, 'data')
  const over = once(victim, 'close')
  await promisify(execFile)(process.execPath, ['--eval', crashScript(victim.pid, port)], {
    timeout: 120_000,
  })
  t.same(await over, [137, null])
  t.equal(said, 'here\n')
})
