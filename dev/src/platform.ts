import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { GatewayKind } from './gateway.ts'
import type { LineHandler } from './lines.ts'
import { ensureSecrets } from './secrets.ts'
import { type Stores, startStores } from './stores/stores.ts'
import { createSupervisor, describeExit, type Supervisor } from './supervisor.ts'
import { freeSystemPorts, type System, type SystemPorts, startSystem } from './system.ts'

/** Stores and the whole system on free ports, with data of their own; for tests and fault injection. */
export interface Platform {
  readonly supervisor: Supervisor
  readonly stores: Stores
  readonly system: System
  /** Ends everything and removes the data. */
  stop(): Promise<void>
}

export interface PlatformOptions {
  /** Task-service instances */
  tasks?: number
  gateway?: GatewayKind
  /** Origins beside its own that the page may ask */
  pageConnectTo?: readonly string[]
  /** MongoDB: nothing acknowledged is lost when its process is killed (slower) */
  syncOnCommit?: boolean
  env?: NodeJS.ProcessEnv
  authEnv?: NodeJS.ProcessEnv
  /** @param index from 0 */
  taskEnv?: (index: number, ports: SystemPorts) => NodeJS.ProcessEnv
  /** Stores that run already; those are left running */
  stores?: Stores
  onLine?: LineHandler
  say?: (line: string) => void
}

/** An unexpected exit is reported, and shows in the instance; the platform goes on. */
function reportExit(...[child, exit]: Parameters<typeof describeExit>): void {
  process.stderr.write(`${describeExit(child, exit)}\n`)
}

/**
 * Starts everything on free ports; resolves when all are ready.
 * @throws Error of one sentence; what had been started is ended
 */
export async function startPlatform(options: PlatformOptions = {}): Promise<Platform> {
  const { tasks = 3, syncOnCommit = false, env = process.env, onLine, say = () => {} } = options
  const supervisor = createSupervisor({ onUnexpectedExit: reportExit, ...(onLine && { onLine }) })
  const directory = await supervisor.temporaryDirectory()

  async function stop(): Promise<void> {
    await supervisor.stopAll()
    await rm(directory, { recursive: true, force: true })
  }

  try {
    const [stores, secrets, ports] = await Promise.all([
      options.stores ?? startStores({ supervisor, dataDir: join(directory, 'data'), syncOnCommit, say, env }),
      ensureSecrets(join(directory, 'secrets')),
      freeSystemPorts(tasks),
    ])
    const system = await startSystem({ ...options, supervisor, stores, secrets, ports, say })
    return {
      supervisor,
      stores,
      system,
      async stop() {
        await system.stop()
        await stop()
      },
    }
  } catch (error) {
    await stop()
    throw error
  }
}
