import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { RELEASE } from '../harness/cluster/installation.ts'
import type { Namespace } from '../harness/cluster/namespace.ts'
import { timed, withThrowAway } from '../harness/cluster/throw-away.ts'

/**
 * Installs AuthDB into a throw-away namespace of the cluster that KUBECONFIG names, and runs test files against it:
 *   node e2e/commands/in-cluster.ts contract/*.test.ts
 * IMAGE_BUILD, INGRESS_URL, INGRESS_CLASS, E2E_VALUES, E2E_GATEWAY, KEEP: see helm/cluster.mk.
 */
const E2E = fileURLToPath(new URL('../', import.meta.url))
const tag = process.env.IMAGE_TAG || `e2e-${Date.now().toString(36)}`
const baseUrl = process.env.INGRESS_URL || 'http://127.0.0.1'
const files = process.argv.slice(2)

function runTests(env: Record<string, string>): Promise<number> {
  return new Promise((resolve, reject) => {
    const args = ['run', '--jobs=1', '--timeout=900', '--reporter=tap', ...files]
    const child = spawn('node_modules/.bin/tap', args, {
      cwd: E2E,
      stdio: 'inherit',
      env: { ...process.env, ...env },
    })
    child.on('error', reject)
    child.on('exit', (code) => resolve(code ?? 1))
  })
}

async function test(namespace: Namespace): Promise<boolean> {
  await timed('helm test', async () => process.stdout.write(await namespace.helm('test', RELEASE, '--logs')))
  if (files.length === 0) return true
  const { data } = await namespace.get('secret', `${RELEASE}-auth-service`)
  const env = {
    BASE_URL: baseUrl,
    ADMIN_EMAIL: 'admin@authdb.test',
    ADMIN_PASSWORD: Buffer.from(data['admin-password'], 'base64').toString(),
    E2E_NAMESPACE: namespace.name,
    IMAGE_TAG: tag,
  }
  return (await runTests(env)) === 0
}

process.exitCode = (await withThrowAway(tag, test)) ? 0 : 1
