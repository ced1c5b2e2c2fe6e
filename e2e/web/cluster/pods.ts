import type { Browser, Page } from 'playwright-core'
import { openPage } from '../browser.ts'

/** The Scale view of an installation, which asks for a list twice a second: what it shows comes from answers alone. */
export async function watchPods(browser: Browser, url: string) {
  const watched = await openPage(browser, `${url}/?view=scale`)
  await watched.page.getByRole('button', { name: 'Ask for the list twice a second' }).click()
  return watched
}

/** Names of the pods that the picture shows, and which of them have gone quiet. */
export async function podsShown(page: Page): Promise<{ answering: string[]; gone: string[] }> {
  const described = (await page.locator('.stage svg').getAttribute('aria-label')) ?? ''
  const [, list = ''] = /task-service \((.*?)\)/.exec(described) ?? []
  const pods = list.split(', ').filter((pod) => pod !== '' && pod !== 'task-service')
  const isGone = (pod: string) => pod.includes(' ')
  return { answering: pods.filter((pod) => !isGone(pod)), gone: pods.filter(isGone) }
}
