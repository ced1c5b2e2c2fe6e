import t from 'tap'
import { currentInstallation, RELEASE } from '../../harness/cluster/installation.ts'
import { portForward } from '../../harness/cluster/port-forward.ts'
import { until } from '../../harness/until.ts'
import { launch, noBrowser, openPage, readUntil, signInAsDemo, violations } from '../browser.ts'
import { podsShown, watchPods } from './pods.ts'

/** The page of the gateway deployment, reached without an ingress controller: pods appear with their first answer, and go. */
const { namespace, baseUrl } = currentInstallation()
const DEPLOYMENT = `deployment/${RELEASE}-task-service`
/** A pod is shown for so long after its last answer. */
const QUIET_LIMIT_MS = 120_000

// A browser on a machine that a whole cluster shares.
t.setTimeout(900_000)

const scaleTo = async (replicas: number) => {
  await namespace.kubectl('scale', DEPLOYMENT, `--replicas=${replicas}`)
  await until(
    `${replicas} pods`,
    async () => (await namespace.readyPods('task-service')).length === replicas,
    180_000,
  )
}
/** As the page writes them. */
const shortNames = async () =>
  (await namespace.readyPods('task-service')).map((pod) => pod.split('-').at(-1)).sort()

t.test(
  'by port-forward the page shows the pods that answer, new ones too, and lets go of those that are gone',
  { skip: noBrowser() },
  async (t) => {
    const { replicas } = (await namespace.get('deployment', `${RELEASE}-task-service`)).spec
    const forwarded = await portForward(namespace, `${RELEASE}-gateway`)
    const browser = await launch()
    t.teardown(async () => {
      await browser.close()
      forwarded.close()
      await scaleTo(replicas)
    })
    const { page, errors, origins } = await watchPods(browser, forwarded.url)
    const answering = async () => (await podsShown(page)).answering.sort()
    await until('both pods are seen', async () => String(await answering()) === String(await shortNames()))
    await scaleTo(4)
    await until(
      'all four are seen',
      async () => String(await answering()) === String(await shortNames()),
      QUIET_LIMIT_MS,
    )
    t.equal((await answering()).length, 4)
    await scaleTo(1)
    await until(
      'one answers, the others went quiet',
      async () => String(await answering()) === String(await shortNames()),
      QUIET_LIMIT_MS,
    )
    t.equal((await podsShown(page)).gone.length, 3)
    t.strictSame(await violations(page), [])
    t.strictSame(errors, [], 'and no request has failed')
    t.strictSame([...origins], [forwarded.url])
  },
)

t.test(
  'through the ingress / leads to the page, and the page to both services',
  { skip: noBrowser() },
  async (t) => {
    const browser = await launch()
    t.teardown(() => browser.close())
    const { page, errors, origins } = await openPage(browser, baseUrl)
    await signInAsDemo(page)
    await readUntil(page, /GET \/tasks\/ 200 .*HIT/)
    t.strictSame(errors, [])
    t.strictSame([...origins], [new URL(baseUrl).origin])
  },
)
