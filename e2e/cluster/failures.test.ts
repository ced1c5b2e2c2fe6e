import t from 'tap'
import { currentInstallation, RELEASE } from '../harness/cluster/installation.ts'
import { assertUnderLoad } from '../harness/load/assertions.ts'
import { underLoad } from '../harness/load/under-load.ts'
import { dataPromisesOf, noWriteFailed, promisesOf } from '../harness/load/verdict.ts'
import { until } from '../harness/until.ts'

/** Failures on purpose, each under constant reads and writes through the ingress. */
const { namespace, baseUrl } = currentInstallation()
const RATE = 60
const AWAY_MS = 30_000

/** Deletes a pod of a StatefulSet. @returns seconds until its successor is ready */
async function replacePod(part: 'redis' | 'mongodb'): Promise<number> {
  const pod = `${RELEASE}-${part}-0`
  const before = (await namespace.get('pod', pod)).metadata.uid
  const started = performance.now()
  await namespace.kubectl('delete', 'pod', pod, '--wait=false')
  await until(
    `another ${pod}`,
    async () => (await namespace.get('pod', pod).catch(() => undefined))?.metadata.uid !== before,
    90_000,
  )
  await until(`${pod} ready`, async () => (await namespace.readyPods(part)).includes(pod), 120_000)
  return (performance.now() - started) / 1000
}

t.test('a deleted Redis pod fails no read and loses no write', async (t) => {
  await assertUnderLoad(t, () =>
    underLoad(baseUrl, { most: RATE }, async () => {
      t.comment(`redis was replaced in ${(await replacePod('redis')).toFixed(1)} s`)
    }),
  )
})

t.test('a deleted task-service pod fails no read and loses no write', async (t) => {
  await assertUnderLoad(
    t,
    () =>
      underLoad(baseUrl, { most: RATE }, async () => {
        const [victim] = await namespace.readyPods('task-service')
        const wanted = (await namespace.readyPods('task-service')).length
        await namespace.kubectl('delete', 'pod', victim as string)
        const ms = await until(
          'as many pods as before',
          async () => (await namespace.readyPods('task-service')).length === wanted,
          90_000,
        )
        t.comment(`${victim} is gone; ${(ms / 1000).toFixed(1)} s later its successor was ready`)
      }),
    (verdict) => [...promisesOf(verdict), noWriteFailed(verdict)],
  )
})

t.test('a deleted MongoDB pod loses no data; what fails meanwhile fails with 503', async (t) => {
  const verdict = await assertUnderLoad(
    t,
    () =>
      underLoad(baseUrl, { most: RATE }, async () => {
        t.comment(`mongodb was replaced in ${(await replacePod('mongodb')).toFixed(1)} s`)
        await until(
          'writes succeed again',
          async () => (await fetch(`${baseUrl}/health`)).status === 200,
          60_000,
        )
      }),
    (verdict) => dataPromisesOf(verdict),
  )
  const others = Object.keys(verdict?.refusals ?? {}).filter((refusal) => !/^(GET|POST) 503 /.test(refusal))
  t.strictSame(others, [], 'a clean refusal, never another error')
})

t.test('tasks go on while auth-service is away for 30 s', async (t) => {
  const { spec } = await namespace.get('deployment', `${RELEASE}-auth-service`)
  const scale = (replicas: number) =>
    namespace.kubectl('scale', `deployment/${RELEASE}-auth-service`, `--replicas=${replicas}`)
  await assertUnderLoad(
    t,
    () =>
      underLoad(baseUrl, { most: RATE }, async () => {
        await scale(0)
        await until(
          'no pod of auth-service',
          async () => (await namespace.pods('auth-service')).length === 0,
          60_000,
        )
        t.not((await fetch(`${baseUrl}/health`)).status, 200, 'auth-service is really away')
        await new Promise((resolve) => setTimeout(resolve, AWAY_MS))
        await scale(spec.replicas)
        await namespace.rolledOut('deployment', `${RELEASE}-auth-service`)
      }),
    (verdict) => [...promisesOf(verdict), noWriteFailed(verdict)],
  )
  t.equal((await fetch(`${baseUrl}/health`)).status, 200, 'and it is back')
})
