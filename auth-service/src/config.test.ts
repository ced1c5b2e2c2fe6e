import t from 'tap'
import { loadConfig } from './config.ts'

const needed = { SIGNING_KEYS_FILE: 'keys.json', REFRESH_TOKEN_SECRET: 'x'.repeat(32) }

t.test('what is not set, or empty, has its default', async (t) => {
  const config = loadConfig({ ...needed, PORT: '', ADMIN_EMAIL: '', TASK_SERVICE_INTERNAL_URL: '' })
  t.match(config, {
    HOST: '127.0.0.1',
    PORT: 8001,
    INTERNAL_PORT: 9101,
    ACCESS_TOKEN_SECONDS: 1800,
    PASSWORD_MIN_LENGTH: 15,
  })
  t.notOk('ADMIN_EMAIL' in config)
  t.notOk('TASK_SERVICE_INTERNAL_URL' in config)
})

t.test('an ADMIN_EMAIL without ADMIN_PASSWORD is refused, a password alone is not', async (t) => {
  const admin = { ...needed, ADMIN_EMAIL: 'admin@example.com' }
  t.throws(() => loadConfig(admin), {
    message: 'The settings cannot be used: ADMIN_PASSWORD is not set, and ADMIN_EMAIL needs it',
  })
  t.ok(loadConfig({ ...admin, ADMIN_PASSWORD: 'a quiet walk along the river' }))
  t.ok(loadConfig({ ...needed, ADMIN_PASSWORD: 'hush' }))
})

t.test('mail needs to know where links lead, and who sends them', async (t) => {
  const mail = { SMTP_URL: 'smtp://user:pa%40ss@mail.example:587?requireTLS=true' }
  t.throws(() => loadConfig({ ...needed, ...mail }), {
    message:
      'The settings cannot be used: PUBLIC_URL is not set, and SMTP_URL needs it; MAIL_FROM is not set, and SMTP_URL needs it',
  })
  const whole = {
    ...needed,
    ...mail,
    PUBLIC_URL: 'https://todo.example/',
    MAIL_FROM: 'AuthDB <no-reply@todo.example>',
  }
  t.equal(loadConfig(whole).PUBLIC_URL, 'https://todo.example')
  t.throws(() => loadConfig({ ...whole, MAIL_TO_LOG: 'true' }), { message: /MAIL_TO_LOG must be false/ })
  t.throws(() => loadConfig({ ...needed, MAIL_TO_LOG: 'true' }), { message: /PUBLIC_URL is not set/ })
  t.equal(loadConfig(needed).MAIL_TO_LOG, false, 'never because there is no server')
  for (const wrong of [
    { PUBLIC_URL: 'todo.example' },
    { PUBLIC_URL: 'https://todo.example/?a=b' },
    { SMTP_URL: 'mail.example:25' },
    { SMTP_URL: 'http://mail.example' },
    { MAIL_FROM: 'AuthDB' },
    { MAIL_FROM: 'A\r\nBcc: b@example.org <a@example.org>' },
  ]) {
    const [name = ''] = Object.keys(wrong)
    t.throws(() => loadConfig({ ...whole, ...wrong }), { message: new RegExp(`${name} must be`) })
  }
})

t.test('it cannot be changed', async (t) => {
  const config = loadConfig(needed) as { PORT: number }
  t.throws(() => (config.PORT = 1), TypeError)
})

t.test('all that is wrong is named at once, without the values', async (t) => {
  const environment = {
    REFRESH_TOKEN_SECRET: 'hush',
    PORT: '65536',
    PASSWORD_MIN_LENGTH: '7',
    REDIS_URL: 'http://x',
  }
  const names = ['SIGNING_KEYS_FILE', 'REFRESH_TOKEN_SECRET', 'PORT', 'PASSWORD_MIN_LENGTH', 'REDIS_URL']
  const message = (() => {
    try {
      loadConfig(environment)
    } catch (error) {
      return (error as Error).message
    }
    return ''
  })()
  for (const name of names) t.match(message, name)
  t.notMatch(message, /hush/)
})
