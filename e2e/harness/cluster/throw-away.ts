import { mkdirSync, writeFileSync } from 'node:fs'
import { run } from '../command.ts'
import { RESULTS } from '../results.ts'
import { until } from '../until.ts'
import {
  buildImage,
  chartArguments,
  createRestricted,
  dump,
  IMAGES,
  ofTheRelease,
  RELEASE,
  THROW_AWAY,
  throwAwayName,
} from './installation.ts'
import type { Namespace } from './namespace.ts'

const PODS_GO_MS = 120_000
const OTHER_RUN_LIMIT_MS = 1_800_000
const started = performance.now()

export function say(text: string): void {
  process.stdout.write(`[${((performance.now() - started) / 1000).toFixed(1).padStart(6)} s] ${text}\n`)
}

export async function timed(what: string, action: () => Promise<unknown>): Promise<void> {
  const begun = performance.now()
  await action()
  say(`${what}: ${((performance.now() - begun) / 1000).toFixed(1)} s`)
}

async function explain(namespace: Namespace): Promise<void> {
  const text = await dump(namespace)
  mkdirSync(RESULTS, { recursive: true })
  writeFileSync(`${RESULTS}${namespace.name}.txt`, text)
  process.stdout.write(`${text.split('\n').slice(0, 60).join('\n')}\n`)
  say(`pods, events and logs are in e2e/results/${namespace.name}.txt`)
}

/** A run that is interrupted leaves nothing behind, either. */
function removeWhenInterrupted(namespace: Namespace): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, async () => {
      if (!process.env.KEEP) await run('kubectl', ['delete', 'namespace', namespace.name, '--wait=false'])
      process.exit(130)
    })
  }
}

/** Two runs at once would receive each other's requests: the Ingress of each answers for every host. */
async function untilAlone(): Promise<void> {
  const others = async () =>
    (await run('kubectl', ['get', 'namespaces', '--selector', THROW_AWAY, '--output', 'name'])).trim()
  if (await others()) say(`waiting for another run to end (or delete what KEEP=1 left): ${await others()}`)
  await until('no other run on this cluster', async () => (await others()) === '', OTHER_RUN_LIMIT_MS)
}

/** Uninstalls and names what stayed, then deletes the namespace. */
async function remove(namespace: Namespace): Promise<void> {
  if (process.env.KEEP) return say(`kept: namespace ${namespace.name}`)
  await timed('helm uninstall', () => namespace.helm('uninstall', RELEASE, '--wait', '--ignore-not-found'))
  const pods = () => namespace.allPods()
  await until('the pods are gone', async () => (await pods()).length === 0, PODS_GO_MS).catch(async () =>
    say(`pods that stay: ${(await pods()).join(', ')}`),
  )
  const left = await ofTheRelease(namespace)
  say(`left behind by helm uninstall: ${left.join(', ') || 'nothing'}`)
  await timed('namespace deleted', () => run('kubectl', ['delete', 'namespace', namespace.name]))
}

/**
 * Builds the images, installs AuthDB into a namespace of its own, hands it over, and removes it. Whatever goes wrong is
 * explained by pods, events and logs.
 * @param action resolves with whether all was well
 * @returns the same; false also when the installation failed
 */
export async function withThrowAway(
  tag: string,
  action: (namespace: Namespace) => Promise<boolean>,
): Promise<boolean> {
  let namespace: Namespace | undefined
  let isWell = false
  try {
    for (const name of IMAGES) await timed(`image of ${name} (${tag})`, () => buildImage(name, tag))
    await untilAlone()
    namespace = await createRestricted(throwAwayName())
    say(`namespace ${namespace.name}`)
    removeWhenInterrupted(namespace)
    const installed = namespace
    await timed('helm install, all pods ready', () => installed.helm('install', ...chartArguments(tag)))
    isWell = await action(namespace)
    if (!isWell) await explain(namespace)
  } catch (error) {
    process.stderr.write(`${(error as Error).stack}\n`)
    if (namespace) await explain(namespace)
  } finally {
    if (namespace) await remove(namespace)
  }
  return isWell
}
