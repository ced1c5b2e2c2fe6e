import { execFile } from 'node:child_process'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Page } from 'playwright-core'
import t from 'tap'
import { freePorts, openControl, requestOf, startPlatform } from '../../dev/index.ts'
import {
  isTooWide,
  launch,
  noBrowser,
  openPage,
  readUntil,
  signInAsDemo,
  violations,
  type WatchedPage,
} from './browser.ts'

/** Where the pictures of README go; none are made when it is not set. */
const SCREENSHOTS = process.env.SCREENSHOTS
const VIEWS = ['split', 'sticky-note', 'traffic-cop', 'scale']
/** Enough requests to overlap, few enough for a slow machine. */
const MANY_REQUESTS = 300

async function photograph(page: Page, name: string): Promise<void> {
  if (!SCREENSHOTS) return
  await mkdir(SCREENSHOTS, { recursive: true })
  await page.screenshot({ path: join(SCREENSHOTS, `${name}.png`), scale: 'css' })
}

/** Counters of the load, as a person reads them. */
async function count(page: Page, label: string): Promise<number> {
  const text = await page
    .locator('.count', { has: page.getByText(label, { exact: true }) })
    .locator('dd')
    .textContent()
  return Number((text ?? '').replace(/[^\d.]/g, ''))
}

async function startLoad(page: Page, atLeast: number): Promise<void> {
  await page.getByRole('button', { name: 'Start some load' }).click()
  await page.waitForFunction((wanted) => {
    const text = document.querySelector('.count dd')?.textContent ?? ''
    return Number(text.replace(/\D/g, '')) >= wanted
  }, atLeast)
}

// Chromium, eight processes and a load, on a machine that may be ten times slower.
t.setTimeout(1_500_000)

t.test('the views on a system that is under their control', { skip: noBrowser() }, async (t) => {
  /** Requests that any process has logged as answered */
  let logged = 0
  let control: Awaited<ReturnType<typeof openControl>> | undefined
  const [port = 0] = await freePorts(1)
  const platform = await startPlatform({
    env: {
      ...process.env,
      SERVER_TIMING: 'true',
      REPORT_IN_FLIGHT_MS: '200',
      RATE_LIMIT_PER_MINUTE: '0',
      LOGIN_LIMIT_PER_MINUTE: '0',
    },
    pageConnectTo: [`http://127.0.0.1:${port}`],
    onLine(source, line) {
      if (requestOf(source, line)) logged++
      control?.onLine(source, line)
    },
  })
  const { system, stores } = platform
  control = await openControl({ port, system, ...stores })
  const browser = await launch()
  const home = `${system.baseUrl}/`
  t.teardown(async () => {
    await browser.close()
    await control?.close()
    await platform.stop()
  })

  const opened: WatchedPage[] = []
  const open = async (view: string, options = {}): Promise<WatchedPage> => {
    const watched = await openPage(browser, `${home}?view=${view}#${control?.fragment}`, options)
    opened.push(watched)
    return watched
  }
  // Also after a failure: a load goes on for as long as its page is open.
  t.afterEach(async () => {
    for (const { close } of opened.splice(0)) await close()
  })

  await t.test('the secret leaves the address at once, and every origin that is asked is ours', async (t) => {
    const { page, errors, origins, close } = await open('todo')
    await signInAsDemo(page)
    await page.getByText('Clients').waitFor()
    t.equal(new URL(page.url()).hash, '')
    t.strictSame([...origins].sort(), [`http://127.0.0.1:${port}`, system.baseUrl].sort())
    await readUntil(page, /GET \/tasks\/ 200 task-\d HIT .* Redis/)
    await photograph(page, 'todo')
    t.strictSame(errors, [])
    await close()
  })

  await t.test('the person that make demo has made signs in, and has tasks', async (t) => {
    const command = fileURLToPath(new URL('../../dev/src/commands/demo.ts', import.meta.url))
    const env = { ...process.env, BASE_URL: system.baseUrl, MONGODB_URI: stores.mongodb.url }
    const { stdout } = await promisify(execFile)(process.execPath, [command], { env })
    t.match(stdout, /^grace-\w+@example\.com .* an administrator$/m)
    const [, email = '', password = ''] = /^(ada-\S+) {2}password (\S+)/m.exec(stdout) ?? []
    const { page, errors, close } = await open('todo')
    await page.getByLabel('E-mail address').fill(email)
    await page.getByLabel('Password').fill(password)
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'Ada’s tasks' }).waitFor()
    await page.getByText('4 open tasks').waitFor()
    t.strictSame(errors, [])
    await close()
  })

  await t.test('Split: one request tells its times; lists go on without auth-service', async (t) => {
    const { page, errors, close } = await open('split')
    await page.getByRole('button', { name: 'Ask for the list' }).click()
    await page.locator('.steps').getByText('in all').waitFor()
    await page
      .locator('.steps')
      .getByText(/^Redis/)
      .waitFor()
    await startLoad(page, 40)
    await page.getByRole('button', { name: 'Stop: auth-service' }).click()
    await page.getByText('auth-service is stopped.').waitFor({ state: 'attached' })
    t.notOk(system.auth.isRunning())
    const before = await count(page, 'answered')
    await page.waitForFunction((from) => {
      const text = document.querySelector('.count dd')?.textContent ?? ''
      return Number(text.replace(/\D/g, '')) > from + 40
    }, before)
    await page.getByRole('button', { name: 'Start: auth-service' }).click()
    await page.getByText('auth-service runs again.').waitFor({ state: 'attached' })
    t.ok(system.auth.isRunning())
    await photograph(page, 'split')
    t.strictSame(errors, [])
    await close()
  })

  await t.test('Sticky note: the usual protocol shows a stale list, ours does not', async (t) => {
    const { page, errors, close } = await open('sticky-note')
    await page.getByLabel('“Buy milk”, what was there before').check()
    await page.getByRole('button', { name: 'Run it' }).click()
    await page.getByRole('button', { name: 'Next step' }).click()
    await page.getByRole('button', { name: 'All steps' }).click()
    await page.getByText('is shown: “Buy milk” ✕ stale').waitFor()
    await page.getByText('is shown: “Buy milk and bread” ✓ as it is').waitFor()
    await page.locator('.verdict', { hasText: 'You guessed right' }).waitFor()
    await photograph(page, 'sticky-note')
    t.strictSame(errors, [])
    await close()
  })

  await t.test('Sticky note: without Redis lists are read, and a write waits and is done', async () => {
    const { page, close } = await open('sticky-note')
    await page.getByRole('button', { name: 'Stop: Redis' }).click()
    await page.getByText('✕ stopped').waitFor()
    await page.getByRole('button', { name: 'Read the list' }).click()
    await page.getByText(/^Read in/).waitFor({ state: 'attached' })
    await page
      .getByRole('row', { name: /GET \/tasks\/ 200 task-\d past the cache/ })
      .first()
      .waitFor()
    await page.getByRole('button', { name: 'Write a task' }).click()
    await page.getByText(/^Written in/).waitFor({ state: 'attached' })
    await page.getByRole('button', { name: 'Start: Redis' }).click()
    await page.getByText('● runs').waitFor()
    await close()
  })

  await t.test('Traffic cop: killed and slow instances fail and lose nothing', async (t) => {
    const { page, errors, close } = await open('traffic-cop')
    await startLoad(page, 60)
    await page.getByRole('button', { name: 'Slow down: task-2' }).click()
    await page.getByText('◐ slow').waitFor()
    await page.getByLabel('Round robin').check({ force: true })
    await page.getByText('The gateway chooses by round robin now.').waitFor({ state: 'attached' })
    await page
      .getByText(/[2-9] in work/)
      .first()
      .waitFor()
    await photograph(page, 'traffic-cop')
    await page.getByLabel('Least connections').check({ force: true })
    await page.getByRole('button', { name: 'Let it run: task-2' }).click()
    await page.getByText('◐ slow').waitFor({ state: 'detached' })
    await page.getByRole('button', { name: 'Kill: task-3' }).click()
    await page.getByText('✕ stopped').waitFor()
    await page.getByRole('button', { name: 'Start: task-3' }).click()
    await page.getByText('✕ stopped').waitFor({ state: 'detached' })
    t.equal(await count(page, 'lost or stale'), 0)
    t.strictSame(errors, [])
    await close()
  })

  await t.test('Scale: an instance that is added answers; the recorded run can be scrubbed', async (t) => {
    const { page, errors, close } = await open('scale')
    await page.getByRole('heading', { name: 'Here and now: 3 instances' }).waitFor()
    await page.getByRole('button', { name: 'Add an instance' }).click()
    await page.getByRole('heading', { name: 'Here and now: 4 instances' }).waitFor()
    await startLoad(page, 100)
    // Little enough for a busy machine: what fails then has failed because an instance came or went.
    await page.getByRole('slider', { name: 'Writes a second' }).fill('0')
    await page.getByRole('slider', { name: 'Lists a second' }).fill('30')
    await page.waitForFunction(() => {
      const meter = document.querySelector<HTMLMeterElement>('meter[aria-label="Answers a second of task-4"]')
      return (meter?.value ?? 0) > 0
    })
    const scrubber = page.getByRole('slider', { name: 'Second', exact: true })
    await scrubber.fill('150')
    await page.getByText(/\d pods answered \d+ of \d+ requests/).waitFor()
    t.match(page.url(), 'at=150')
    await photograph(page, 'scale')
    await page.getByRole('button', { name: 'Take one away' }).click()
    await page.getByRole('heading', { name: 'Here and now: 3 instances' }).waitFor()
    const failure = page.getByText(/^The last failure/)
    t.equal(
      await count(page, 'failed'),
      0,
      (await failure.isVisible()) ? `${await failure.textContent()}` : '',
    )
    t.equal(await count(page, 'lost or stale'), 0)
    t.strictSame(errors, [])
    await close()
  })

  await t.test('every request that was answered is drawn', async (t) => {
    const { page, close } = await open('scale')
    await page.getByRole('heading', { name: /Here and now: \d instances/ }).waitFor()
    const before = logged
    await page.getByRole('slider', { name: 'Lists a second' }).fill('500')
    t.match(page.url(), 'reads=500')
    const drawn = (wanted: number) =>
      page.waitForFunction((wanted) => {
        const stage = document.querySelector<HTMLElement>('[data-testid=stage]')
        return Number(stage?.dataset.drawn) >= wanted
      }, wanted)
    await drawn(MANY_REQUESTS)
    await page.getByRole('button', { name: 'Stop the load' }).click()
    // Quiet again: what is logged and what is drawn do not grow any more and are the same.
    for (let quiet = 0; quiet < 5; ) {
      const stage = await page
        .getByTestId('stage')
        .evaluate((element) => ({ ...(element as HTMLElement).dataset }))
      const isEqual = Number(stage.drawn) === logged - before && stage.drawn === stage.answered
      quiet = isEqual ? quiet + 1 : 0
      await page.waitForTimeout(200)
    }
    const stage = page.getByTestId('stage')
    t.equal(await stage.getAttribute('data-drawn'), await stage.getAttribute('data-answered'))
    t.ok(logged - before >= MANY_REQUESTS)
    t.comment(`a frame takes ${await stage.getAttribute('data-frame-ms')} ms on average`)
    await close()
  })

  await t.test('the picture stands still, goes back, and goes on; a link carries the rates', async (t) => {
    const { page, errors, close } = await open('scale&reads=20&writes=3')
    await page.getByRole('heading', { name: /Here and now: \d instances/ }).waitFor()
    await page.getByRole('button', { name: 'Start some load' }).click()
    t.equal(await page.getByRole('slider', { name: 'Lists a second' }).inputValue(), '20')
    t.equal(await page.getByRole('slider', { name: 'Writes a second' }).inputValue(), '3')
    await page.getByRole('button', { name: 'Pause' }).click()
    await page.getByText(/Paused: [1-9]\d* requests have gone by/).waitFor()
    const stage = page.getByTestId('stage')
    const drawn = await stage.getAttribute('data-drawn')
    await page.getByRole('slider', { name: 'Seconds back' }).fill('10')
    await page.getByRole('button', { name: 'Play from there' }).click()
    t.equal(await stage.getAttribute('data-drawn'), drawn, 'what is shown again is not counted again')
    await page.getByRole('button', { name: 'Go on' }).click()
    await page.waitForFunction(
      (before) => Number(document.querySelector<HTMLElement>('[data-testid=stage]')?.dataset.drawn) > before,
      Number(drawn),
    )
    t.strictSame(errors, [])
    await close()
  })

  for (const [colorScheme, width, reducedMotion] of [
    ['light', 1280, 'no-preference'],
    ['dark', 360, 'reduce'],
  ] as const) {
    const how = `${colorScheme}, ${width} px, motion ${reducedMotion}`
    await t.test(`${how}: every view is readable for everybody`, async (t) => {
      for (const view of VIEWS) {
        const { page, errors, close } = await open(view, {
          colorScheme,
          reducedMotion,
          viewport: { width, height: 760 },
        })
        await page.getByText('Start some load').or(page.getByText('Run it')).first().waitFor()
        t.strictSame(await violations(page), [], view)
        t.notOk(await isTooWide(page), `${view}: nobody scrolls sideways`)
        t.strictSame(errors, [], view)
        await close()
      }
    })
  }
})
