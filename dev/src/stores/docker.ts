import { createHash } from 'node:crypto'
import type { Machine } from '../machine.ts'
import { HOST } from '../ports.ts'
import { run } from '../run.ts'
import type { ChildSpec } from '../supervisor.ts'
import type { StoreLocation } from './store.ts'

const ENGINE_TIMEOUT_MS = 4_000
const INSPECT_TIMEOUT_MS = 10_000
const PULL_TIMEOUT_MS = 300_000

/** Whether an engine answers and has the image, or can pull it. */
export async function dockerHas(image: string, { env, say }: Machine): Promise<boolean> {
  const engine = await run('docker', ['version', '--format', '{{.Server.Version}}'], ENGINE_TIMEOUT_MS, env)
  if (!engine.ok) return false
  if ((await run('docker', ['image', 'inspect', image], INSPECT_TIMEOUT_MS, env)).ok) return true
  say(`pulling ${image} with Docker (once)`)
  return (await run('docker', ['pull', '--quiet', image], PULL_TIMEOUT_MS, env)).ok
}

interface Container {
  image: string
  /** Port the server listens on inside */
  port: number
  /** Where it keeps its data, if it keeps any */
  data?: string
  args: readonly string[]
}

/** A container in the foreground, named after its data so that nothing is started on the same data twice. */
export function containerSpec(container: Container, location: StoreLocation): ChildSpec {
  const name = `authdb-${createHash('sha256').update(location.dataDir).digest('hex').slice(0, 12)}`
  // Data belongs to the caller, not to root, so that `make clean` can remove it.
  const owner = `${process.getuid?.() ?? 0}:${process.getgid?.() ?? 0}`
  const volume = container.data ? ['--user', owner, '--volume', `${location.dataDir}:${container.data}`] : []
  const publish = ['--publish', `${HOST}:${location.port}:${container.port}`]
  const args = ['run', '--rm', '--name', name, ...publish, ...volume, container.image, ...container.args]
  return { name, command: 'docker', args, container: name }
}
