import axe from 'axe-core'
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { findBrowser } from './find-browser.ts'

/** For actions and conditions; the machine may be ten times slower than usual. */
const PATIENCE_MS = 180_000
const LOOK_EVERY_MS = 300

/** Why the tests of the page cannot run here; `false` when they can. Where REQUIRE_BROWSER is set they must. */
export function noBrowser(): string | false {
  if (findBrowser() || process.env.REQUIRE_BROWSER) return false
  return 'no Chromium: `make browser` fetches one; or install it (apt-get install chromium), or name it in CHROMIUM'
}

export async function launch(): Promise<Browser> {
  const executablePath = findBrowser()
  if (!executablePath) throw new Error('REQUIRE_BROWSER is set, and there is no Chromium')
  // Chromium's own sandbox does not start as root, which tests in containers are.
  const args = process.getuid?.() === 0 ? ['--no-sandbox'] : []
  return chromium.launch({ executablePath, args })
}

/** A page that records what no page of ours may do. */
export interface WatchedPage {
  readonly page: Page
  /** Errors in the console, and those nobody caught */
  readonly errors: string[]
  /** Origins that were asked */
  readonly origins: Set<string>
  close(): Promise<void>
}

/** A page in a context of its own: nothing is left of an earlier one. */
export async function openPage(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<WatchedPage> {
  const context = await browser.newContext({
    locale: 'en-GB',
    viewport: { width: 1280, height: 860 },
    ...options,
  })
  const page = await context.newPage()
  page.setDefaultTimeout(PATIENCE_MS)
  page.setDefaultNavigationTimeout(PATIENCE_MS)
  const errors: string[] = []
  const origins = new Set<string>()
  page.on('console', (message) => message.type() === 'error' && errors.push(message.text()))
  page.on('pageerror', (error) => errors.push(String(error)))
  page.on('request', (request) => origins.add(new URL(request.url()).origin))
  await page.goto(url)
  return { page, errors, origins, close: () => context.close() }
}

/** What axe-core finds against WCAG 2.2 A and AA and its own good practices, one line each. */
export async function violations(page: Page): Promise<string[]> {
  // Evaluated by the debugger: the page's Content-Security-Policy would let no script of ours in.
  await page.evaluate(axe.source)
  const found = await page.evaluate(async () => {
    const { axe: inPage } = window as unknown as { axe: typeof axe }
    const results = await inPage.run()
    return results.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' · ')}`)
  })
  return found
}

/** Whether something is wider than the window, so that a reader would have to scroll sideways. */
export function isTooWide(page: Page): Promise<boolean> {
  return page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth)
}

/** Makes an account with sample data by the page's own button. */
export async function signInAsDemo(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Try it with sample data' }).click()
  await page.getByText('Water the plants').waitFor()
  await page.getByText('4 open tasks').waitFor()
}

/** Reads the list again until a row of the log is there: on a busy machine a read may go past the cache. */
export async function readUntil(page: Page, row: RegExp): Promise<void> {
  const wanted = page.getByRole('row', { name: row }).first()
  while (!(await wanted.isVisible())) {
    await page.getByRole('button', { name: 'Read the list again', exact: true }).click()
    await page.waitForTimeout(LOOK_EVERY_MS)
  }
}
