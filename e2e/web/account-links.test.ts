import { randomUUID } from 'node:crypto'
import t from 'tap'
import { startPlatform } from '../../dev/index.ts'
import { until } from '../harness/until.ts'
import { launch, noBrowser, openPage, violations } from './browser.ts'

const OLD_PASSWORD = 'an old walk along the river'
const NEW_PASSWORD = 'a quiet walk along the river'

interface Mail {
  to: string
  text: string
}

// Chromium on a machine that may be ten times slower.
t.setTimeout(900_000)

t.test('links in messages lead to the page', { skip: noBrowser() }, async (t) => {
  const mails: Mail[] = []
  const { system, stop } = await startPlatform({
    tasks: 1,
    env: { ...process.env, RATE_LIMIT_PER_MINUTE: '0', LOGIN_LIMIT_PER_MINUTE: '0' },
    authEnv: { MAIL_TO_LOG: 'true' },
    onLine(_source, line) {
      if (line.includes('"mail":')) mails.push(JSON.parse(line).mail)
    },
  })
  t.teardown(() => stop())
  const browser = await launch()
  t.teardown(() => browser.close())

  async function post(path: string, body: object): Promise<{ access_token: string }> {
    const headers = { 'content-type': 'application/json' }
    const response = await fetch(`${system.baseUrl}${path}`, {
      method: 'POST',
      headers,
      body: JSON.stringify(body),
    })
    return (await response.json()) as { access_token: string }
  }

  async function newPerson(): Promise<{ email: string; token: string }> {
    const person = { email: `${randomUUID()}@example.com`, password: OLD_PASSWORD }
    await post('/auth/register', person)
    return { email: person.email, token: (await post('/auth/login', person)).access_token }
  }

  async function linkFor(email: string, view: string): Promise<string> {
    const pattern = new RegExp(`^${system.baseUrl}/#${view}=[\\w-]{43}$`, 'm')
    const find = () => mails.find(({ to, text }) => to === email && pattern.test(text))
    await until(`a link to ${view} for ${email}`, () => find() !== undefined)
    return pattern.exec(find()?.text ?? '')?.[0] ?? ''
  }

  await t.test('a person who forgot a password has a link sent, chooses another and signs in', async (t) => {
    const { email } = await newPerson()
    const { page, errors, close } = await openPage(browser, system.baseUrl)
    await page.getByRole('button', { name: 'Forgot your password?' }).click()
    await page.getByLabel('E-mail address').fill(email)
    await page.getByRole('button', { name: 'Send me a link' }).click()
    await page.getByRole('paragraph').getByText('a message with a link is on its way').first().waitFor()
    const link = await linkFor(email, 'reset')
    await page.goto(link)
    await page.getByRole('heading', { name: 'Choose a new password' }).waitFor()
    t.notMatch(page.url(), '#', 'the token is out of the address')
    t.strictSame(await violations(page), [])
    await page.getByLabel('New password', { exact: true }).fill('short')
    await page.getByRole('button', { name: 'Set the password' }).click()
    await page.getByRole('alert').getByText('at least 15 characters').waitFor()
    await page.getByLabel('New password', { exact: true }).fill(NEW_PASSWORD)
    await page.getByRole('button', { name: 'Set the password' }).click()
    await page.getByRole('button', { name: 'Go on' }).click()
    await page.getByLabel('E-mail address').fill(email)
    await page.getByLabel('Password').fill(NEW_PASSWORD)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByRole('button', { name: 'Sign out' }).waitFor()
    // The browser itself says that one request was answered with 400.
    t.strictSame(
      errors.filter((error) => !/status of 400/.test(error)),
      [],
    )
    await close()
    const again = await openPage(browser, link)
    await again.page.getByLabel('New password', { exact: true }).fill(`${NEW_PASSWORD} again`)
    await again.page.getByRole('button', { name: 'Set the password' }).click()
    await again.page.getByRole('alert').getByText('was used before').waitFor()
    await again.close()
  })

  await t.test('an address is confirmed when its owner says so, not when the link is opened', async (t) => {
    const { email, token } = await newPerson()
    const isVerified = async () => {
      const headers = { authorization: `Bearer ${token}` }
      return (
        (await (await fetch(`${system.baseUrl}/auth/me`, { headers })).json()) as { email_verified: boolean }
      ).email_verified
    }
    const { page, errors, close } = await openPage(browser, await linkFor(email, 'verify'))
    await page.getByRole('heading', { name: 'Confirm your e-mail address' }).waitFor()
    t.notOk(await isVerified())
    await page.getByRole('button', { name: 'Confirm the address' }).click()
    await page.getByRole('button', { name: 'Go on' }).waitFor()
    t.ok(await isVerified())
    t.strictSame(errors, [])
    await close()
  })
})
