import t from 'tap'
import {
  buildImage,
  chartArguments,
  currentInstallation,
  IMAGES,
  image,
  RELEASE,
} from '../harness/cluster/installation.ts'
import { assertUnderLoad } from '../harness/load/assertions.ts'
import { underLoad } from '../harness/load/under-load.ts'
import { noWriteFailed, promisesOf, type Verdict } from '../harness/load/verdict.ts'

/** Other versions of all images arrive, and leave again, under constant reads and writes through the ingress. */
const { namespace, baseUrl } = currentInstallation()
const RATE = 60
const before = process.env.IMAGE_TAG as string
const after = `${before}-next`

async function runningImages(): Promise<string[]> {
  const { items } = await namespace.get('deployments')
  const images: string[] = items.map(
    (item: { spec: { template: { spec: { containers: { image: string }[] } } } }) =>
      item.spec.template.spec.containers[0]?.image,
  )
  return images.sort()
}

const allPromises = (verdict: Verdict) => [...promisesOf(verdict), noWriteFailed(verdict)]
/** Neither an upgrade nor a rollback can be repeated. */
const ATTEMPTS = 1

t.test('helm upgrade to other images fails no request', async (t) => {
  for (const name of IMAGES) await buildImage(name, after)
  const run = () =>
    underLoad(baseUrl, { most: RATE }, async () => {
      const started = performance.now()
      await namespace.helm('upgrade', ...chartArguments(after))
      t.comment(`helm upgrade took ${((performance.now() - started) / 1000).toFixed(1)} s`)
    })
  await assertUnderLoad(t, run, allPromises, ATTEMPTS)
  t.strictSame(
    await runningImages(),
    IMAGES.map((name) => image(name, after)).toSorted(),
    'the other images run',
  )
})

t.test('helm rollback fails no request', async (t) => {
  const run = () =>
    underLoad(baseUrl, { most: RATE }, async () => {
      const started = performance.now()
      await namespace.helm('rollback', RELEASE, '--wait', '--timeout', '180s')
      t.comment(`helm rollback took ${((performance.now() - started) / 1000).toFixed(1)} s`)
    })
  await assertUnderLoad(t, run, allPromises, ATTEMPTS)
  t.strictSame(
    await runningImages(),
    IMAGES.map((name) => image(name, before)).toSorted(),
    'the former images run',
  )
})

t.test('an upgrade that changes nothing restarts nothing and keeps every secret', async (t) => {
  const state = async () => {
    const secrets = (
      await namespace.get('secrets', '--selector', 'app.kubernetes.io/part-of=authdb')
    ).items.map((s: { data: unknown }) => s.data)
    return {
      secrets,
      pods: [...(await namespace.readyPods('auth-service')), ...(await namespace.readyPods('task-service'))],
    }
  }
  const held = await state()
  await namespace.helm('upgrade', ...chartArguments(before))
  t.strictSame(await state(), held, 'the same pods and secrets')
})
