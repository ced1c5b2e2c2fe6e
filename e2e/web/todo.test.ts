import { randomUUID } from 'node:crypto'
import type { Browser } from 'playwright-core'
import t from 'tap'
import { call } from '../harness/http.ts'
import { oneTimeCode, STEP_MS } from '../harness/one-time-code.ts'
import { newPerson } from '../harness/people.ts'
import { until } from '../harness/until.ts'
import { isTooWide, launch, noBrowser, openPage, readUntil, signInAsDemo, violations } from './browser.ts'

const BASE_URL = process.env.BASE_URL ?? ''
const PASSWORD = 'a quiet walk along the river'

/** The code of the next half minute is taken as well, and of this one no more: it has shown that the app is set up. */
async function personWithSecondFactor() {
  const { email, token, password } = await newPerson(BASE_URL)
  const post = (path: string, json: object) => call(`${BASE_URL}${path}`, { method: 'POST', token, json })
  const { secret } = (await post('/auth/mfa/totp', { password })).body
  await post('/auth/mfa/totp/verify', { otp: oneTimeCode(secret) })
  return { email, password, secret: secret as string }
}

// Chromium on a machine that may be ten times slower.
t.setTimeout(900_000)

t.test('the todo page', { skip: noBrowser() }, async (t) => {
  const browser: Browser = await launch()
  t.teardown(() => browser.close())

  await t.test('whoever has a second factor is asked for its code', async (t) => {
    const { email, password, secret } = await personWithSecondFactor()
    const { page, close } = await openPage(browser, BASE_URL)
    await page.getByLabel('E-mail address').fill(email)
    await page.getByLabel('Password').fill(password)
    const signIn = page.getByRole('button', { name: 'Sign in' })
    await signIn.click()
    const code = page.getByLabel('Code of your authenticator app')
    await code.waitFor()
    t.strictSame(await violations(page), [])
    await code.fill('no code')
    await signIn.click()
    await page.getByRole('alert').getByText('code').waitFor()
    await code.fill(oneTimeCode(secret, Date.now() + STEP_MS))
    await signIn.click()
    await page.getByRole('button', { name: 'Sign out' }).waitFor()
    await close()
  })

  await t.test(
    'a person signs up, works on tasks, and signs out and in, with the keyboard alone',
    async (t) => {
      const { page, errors, origins, close } = await openPage(browser, BASE_URL)
      const email = `${randomUUID()}@example.com`
      await page.getByRole('button', { name: 'Make an account' }).focus()
      await page.keyboard.press('Enter')
      await page.getByLabel('Name').focus()
      await page.keyboard.type('Ada')
      await page.keyboard.press('Tab')
      await page.keyboard.type(email)
      await page.keyboard.press('Tab')
      await page.keyboard.type(PASSWORD)
      await page.keyboard.press('Enter')
      await page.getByRole('heading', { name: 'Ada’s tasks' }).waitFor()

      await page.getByLabel('New task').focus()
      await page.keyboard.type('Buy milk')
      await page.keyboard.press('Enter')
      await page.getByRole('listitem').getByText('Buy milk').waitFor()
      await page.getByText('Added: Buy milk').waitFor({ state: 'attached' })
      t.ok(
        await page.getByLabel('New task').evaluate((input) => input === document.activeElement),
        'ready for the next task',
      )

      await page.getByRole('button', { name: 'Edit “Buy milk”' }).focus()
      await page.keyboard.press('Enter')
      await page.keyboard.press('Escape')
      const edit = page.getByRole('button', { name: 'Edit “Buy milk”' })
      await edit.waitFor()
      await page.waitForFunction(() => document.activeElement?.getAttribute('aria-label')?.startsWith('Edit'))
      await page.keyboard.press('Enter')
      await page.getByLabel('Title').and(page.locator(':focus')).waitFor()
      await page.keyboard.type('Buy milk and bread')
      await page.keyboard.press('Enter')
      await page.getByRole('listitem').getByText('Buy milk and bread').waitFor()

      await page.getByRole('checkbox', { name: 'Buy milk and bread' }).focus()
      await page.keyboard.press('Space')
      await page.getByText('0 open tasks').waitFor()

      await page.getByRole('button', { name: 'Sign out' }).focus()
      await page.keyboard.press('Enter')
      await page.getByRole('heading', { name: 'Sign in' }).waitFor()
      await page.getByLabel('E-mail address').fill(email)
      await page.getByLabel('Password').fill(PASSWORD)
      await page.keyboard.press('Enter')
      await page.getByRole('checkbox', { name: 'Buy milk and bread', checked: true }).waitFor()

      await page.getByRole('button', { name: 'Delete “Buy milk and bread”' }).click()
      await page.getByText('Nothing to do yet').waitFor()
      t.strictSame(errors, [])
      t.strictSame([...origins], [new URL(BASE_URL).origin])
      await close()
    },
  )

  await t.test('what is refused is told in the words of the service', async () => {
    const { page, close } = await openPage(browser, BASE_URL)
    await page.getByLabel('E-mail address').fill('nobody@example.com')
    await page.getByLabel('Password').fill('not a password of anybody')
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByRole('alert').getByText('Incorrect email or password').waitFor()
    await page.getByRole('button', { name: 'Make an account' }).click()
    await page.getByLabel('E-mail address').fill(`${randomUUID()}@example.com`)
    await page.getByLabel('Password').fill('short')
    await page.getByRole('button', { name: 'Make the account' }).click()
    await page
      .getByRole('alert')
      .getByText(/15 characters/)
      .waitFor()
    await close()
  })

  await t.test('a list that is read again comes from the cache, and the page says so', async (t) => {
    const { page, errors, close } = await openPage(browser, BASE_URL)
    await signInAsDemo(page)
    await readUntil(page, /GET \/tasks\/ 200 task-\d HIT/)
    await page.waitForFunction(() => {
      const stage = document.querySelector<HTMLElement>('[data-testid=stage]')?.dataset
      return stage?.answered === stage?.drawn && Number(stage?.drawn) > 5
    })
    t.strictSame(errors, [])
    await close()
  })

  await t.test(
    'without a control port the Scale view learns of instances by what it asks itself',
    async (t) => {
      const { page, errors, close } = await openPage(browser, `${BASE_URL}/?view=scale`)
      await page.getByRole('button', { name: 'Ask for the list twice a second' }).click()
      for (const instance of ['task-1', 'task-2', 'task-3'])
        await page
          .getByRole('meter', { name: `Answers a second of ${instance}` })
          .waitFor({ state: 'attached' })
      t.strictSame(await violations(page), [])
      await page.getByRole('button', { name: 'Stop asking' }).click()
      t.strictSame(errors, [])
      await close()
    },
  )

  await t.test('two tabs stay in step, and an expired access token is refreshed unseen', async (t) => {
    const { page, errors, close } = await openPage(browser, BASE_URL)
    await signInAsDemo(page)
    const second = await page.context().newPage()
    await second.goto(BASE_URL)
    await second.getByText('Water the plants').waitFor()
    await page.getByLabel('New task').fill('Seen in both')
    await page.getByRole('button', { name: 'Add' }).click()
    await second.getByRole('listitem').getByText('Seen in both').waitFor()
    const before = await page.evaluate(() => localStorage.getItem('authdb.session') ?? '')
    await page.evaluate((text) => {
      localStorage.setItem('authdb.session', JSON.stringify({ ...JSON.parse(text), expires: 0 }))
    }, before)
    await page.getByLabel('New task').fill('After a refresh')
    await page.getByRole('button', { name: 'Add' }).click()
    await page.getByRole('listitem').getByText('After a refresh').waitFor()
    const after = await page.evaluate(() => localStorage.getItem('authdb.session') ?? '')
    t.not(JSON.parse(after).access, JSON.parse(before).access)
    t.strictSame(errors, [])
    await close()
  })

  await t.test('what is done elsewhere is seen here, and so is the end of the session', async (t) => {
    const person = await newPerson(BASE_URL)
    const { page, close } = await openPage(browser, BASE_URL)
    await page.getByLabel('E-mail address').fill(person.email)
    await page.getByLabel('Password').fill(person.password)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByText('Nothing to do yet').waitFor()
    const { token } = person
    const url = `${BASE_URL}/tasks/`
    const { body } = await call(url, { method: 'POST', token, json: { title: 'Made elsewhere' } })
    await page.getByRole('listitem').getByText('Made elsewhere').waitFor()
    await page.getByLabel('Search').fill('ELSE')
    await page.getByRole('listitem').getByText('Made elsewhere').waitFor()
    await page.getByLabel('Search').fill('nowhere')
    await page.getByText('No task is like that').waitFor()
    await page.getByLabel('Search').fill('')
    await call(`${url}${body._id}`, { method: 'DELETE', token })
    await page.getByText('Nothing to do yet').waitFor()
    t.equal((await call(`${BASE_URL}/auth/logout?scope=global`, { method: 'POST', token })).status, 204)
    await page.getByRole('alert').getByText('Your session has ended').waitFor()
    await close()
  })

  await t.test('an answer that comes after that of a later question shows no older list', async (t) => {
    const { page, close } = await openPage(browser, BASE_URL)
    // A stream that says nothing: the list is read when the person asks for it, and at no other time.
    await page.route('**/tasks/events', () => {})
    await signInAsDemo(page)
    let isFirst = true
    let comesLate: (() => Promise<void>) | undefined
    await page.route('**/tasks/', async (route) => {
      if (route.request().method() !== 'GET' || !isFirst) return route.continue()
      isFirst = false
      const response = await route.fetch()
      comesLate = () => route.fulfill({ response })
    })
    await page.getByRole('button', { name: 'Read the list again', exact: true }).click()
    await until('the first answer is held back', () => comesLate !== undefined)
    await page.getByLabel('New task').fill('Newer')
    await page.getByRole('button', { name: 'Add' }).click()
    const newer = page.getByRole('listitem').getByText('Newer')
    await newer.waitFor()
    // Said last of all that the later reading does, so that nothing takes the place of what is waited for next.
    await page.getByText('Added: Newer').waitFor({ state: 'attached' })
    await comesLate?.()
    // Said when the earlier reading is over.
    await page.getByText('The list was read again.').waitFor({ state: 'attached' })
    t.ok(await newer.isVisible())
    await close()
  })

  await t.test('the reference pages show no toolbar of their vendor, and ask nobody else', async (t) => {
    for (const path of ['/auth/reference/', '/tasks/reference/']) {
      const { page, origins, close } = await openPage(browser, new URL(path, BASE_URL).href)
      await page.getByRole('heading', { name: /^AuthDB/, level: 1 }).waitFor()
      await page.getByText('Authentication').first().waitFor()
      t.equal(await page.locator('.api-reference-toolbar').count(), 0, path)
      t.strictSame([...origins], [new URL(BASE_URL).origin], path)
      await close()
    }
  })

  for (const [colorScheme, width, reducedMotion] of [
    ['light', 1280, 'no-preference'],
    ['dark', 360, 'reduce'],
    ['light', 360, 'reduce'],
  ] as const) {
    await t.test(
      `${colorScheme}, ${width} px, motion ${reducedMotion}: readable for everybody`,
      async (t) => {
        const viewport = { width, height: 760 }
        const { page, errors, close } = await openPage(browser, BASE_URL, {
          viewport,
          colorScheme,
          reducedMotion,
        })
        await page.getByRole('heading', { name: 'Sign in' }).waitFor()
        t.strictSame(await violations(page), [], 'signed out')
        await signInAsDemo(page)
        t.strictSame(await violations(page), [], 'signed in')
        await page.getByRole('button', { name: 'Edit “Water the plants”' }).click()
        t.strictSame(await violations(page), [], 'editing')
        t.notOk(await isTooWide(page), 'nobody scrolls sideways')
        t.strictSame(errors, [])
        await close()
      },
    )
  }
})
