import { mkdir } from 'node:fs/promises'
import { RELEASE, ROOT, THROW_AWAY } from '../../harness/cluster/installation.ts'
import { Namespace } from '../../harness/cluster/namespace.ts'
import { portForward } from '../../harness/cluster/port-forward.ts'
import { run } from '../../harness/command.ts'
import { until } from '../../harness/until.ts'
import { launch } from '../browser.ts'
import { podsShown, watchPods } from './pods.ts'

/**
 * `make photograph-scaling` beside a running `make scale-test`: opens the page of its installation by port-forward, and keeps
 * docs/screenshots/scale-on-kubernetes.png of the moment with the most pods, until the first of them has gone quiet.
 */
const FILE = `${ROOT}docs/screenshots/scale-on-kubernetes.png`
const FEWEST = 3
const LIMIT_MS = 1_800_000

async function installation(): Promise<Namespace> {
  let found = ''
  const isThere = async () => {
    const names = ['get', 'namespaces', '--selector', THROW_AWAY, '--output', 'name']
    found = (await run('kubectl', names)).trim().replace('namespace/', '')
    return found !== '' && (await new Namespace(found).readyPods('gateway')).length > 0
  }
  await until('an installation of make scale-test', isThere, LIMIT_MS)
  return new Namespace(found)
}

const namespace = await installation()
// What comes and goes with the upgrade to the values of a scale-test is not meant; after it there is an autoscaler.
const hasAutoscaler = () =>
  namespace.get('hpa', `${RELEASE}-task-service`).then(
    () => true,
    () => false,
  )
await until('the autoscaler', hasAutoscaler, LIMIT_MS)
await namespace.rolledOut('deployment', `${RELEASE}-task-service`)
const isSettled = async () =>
  (await namespace.pods('task-service')).length === (await namespace.readyPods('task-service')).length
await until('the pods of before are gone', isSettled, LIMIT_MS)
const forwarded = await portForward(namespace, `${RELEASE}-gateway`)
const browser = await launch()
try {
  const { page } = await watchPods(browser, forwarded.url)
  await mkdir(`${ROOT}docs/screenshots`, { recursive: true })
  let most = FEWEST - 1
  const hasScaledBack = async () => {
    const { answering, gone } = await podsShown(page)
    if (answering.length > most) {
      most = answering.length
      await page.screenshot({ path: FILE, scale: 'css' })
      console.log(`${most} pods answer: ${answering.join(', ')}`)
    }
    if (gone.length > 0 && most >= FEWEST) console.log(`gone quiet: ${gone.join(', ')}`)
    return gone.length > 0 && most >= FEWEST
  }
  await until('pods come and go', hasScaledBack, LIMIT_MS)
} finally {
  await browser.close()
  forwarded.close()
}
