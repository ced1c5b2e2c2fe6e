import { spawn } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { type Namespace, run, until } from './commands.ts'
import {
  buildImage,
  chartArguments,
  createRestricted,
  dump,
  RELEASE,
  SERVICES,
  throwAwayName,
} from './installation.ts'

/**
 * Installs AuthDB into a throw-away namespace of the cluster that KUBECONFIG names, and runs test files against it:
 *   node e2e/cluster/run.ts contract/*.test.ts
 * IMAGE_BUILD, INGRESS_URL, INGRESS_CLASS, KEEP=1 (leaves the namespace): see the README.
 */
const E2E = fileURLToPath(new URL('../', import.meta.url))
const started = performance.now()
const tag = process.env.IMAGE_TAG || `e2e-${Date.now().toString(36)}`
const baseUrl = process.env.INGRESS_URL || 'http://127.0.0.1'

function say(text: string): void {
  process.stdout.write(`[${((performance.now() - started) / 1000).toFixed(1).padStart(6)} s] ${text}\n`)
}

async function timed(what: string, action: () => Promise<unknown>): Promise<void> {
  const begun = performance.now()
  await action()
  say(`${what}: ${((performance.now() - begun) / 1000).toFixed(1)} s`)
}

function runTests(files: string[], env: Record<string, string>): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(
      'node_modules/.bin/tap',
      ['run', '--jobs=1', '--timeout=900', '--reporter=tap', ...files],
      {
        cwd: E2E,
        stdio: 'inherit',
        env: { ...process.env, ...env },
      },
    )
    child.on('error', reject)
    child.on('exit', (code) => resolve(code ?? 1))
  })
}

async function installAndTest(namespace: Namespace): Promise<number> {
  await timed('helm install, all pods ready', () => namespace.helm('install', ...chartArguments(tag)))
  await timed('helm test', async () => process.stdout.write(await namespace.helm('test', RELEASE, '--logs')))
  const files = process.argv.slice(2)
  if (files.length === 0) return 0
  return runTests(files, {
    BASE_URL: baseUrl,
    ADMIN_EMAIL: 'admin@authdb.test',
    E2E_NAMESPACE: namespace.name,
    IMAGE_TAG: tag,
  })
}

async function explain(namespace: Namespace): Promise<void> {
  const file = `${E2E}results/${namespace.name}.txt`
  mkdirSync(`${E2E}results`, { recursive: true })
  const text = await dump(namespace)
  writeFileSync(file, text)
  process.stdout.write(`${text.split('\n').slice(0, 60).join('\n')}\n`)
  say(`pods, events and logs are in e2e/results/${namespace.name}.txt`)
}

async function remove(namespace: Namespace): Promise<void> {
  if (process.env.KEEP) return say(`kept: namespace ${namespace.name}`)
  await timed('helm uninstall', () => namespace.helm('uninstall', RELEASE, '--wait', '--ignore-not-found'))
  await until('the pods are gone', async () => (await namespace.allPods()).length === 0, 120_000)
  const { items } = await namespace.get(
    'all,secret,configmap,ingress,networkpolicy,pdb,pvc',
    '--selector',
    'app.kubernetes.io/part-of=authdb',
  )
  const left = items.map(
    (item: { kind: string; metadata: { name: string } }) => `${item.kind}/${item.metadata.name}`,
  )
  if (left.length > 0) say(`left behind by helm uninstall: ${left.join(', ')}`)
  await timed('namespace deleted', () => run('kubectl', ['delete', 'namespace', namespace.name]))
}

let namespace: Namespace | undefined
let failed = true
try {
  for (const service of SERVICES) await timed(`image of ${service} (${tag})`, () => buildImage(service, tag))
  namespace = await createRestricted(throwAwayName())
  say(`namespace ${namespace.name}`)
  failed = (await installAndTest(namespace)) !== 0
  if (failed) await explain(namespace)
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`)
  if (namespace) await explain(namespace)
} finally {
  if (namespace) await remove(namespace)
}
process.exitCode = failed ? 1 : 0
