import { readFile } from 'node:fs/promises'
import { type Balancer, type Balancing, createBalancer } from './upstreams.ts'

/** Where requests go now; replaced while the gateway runs. */
export interface Targets {
  authUpstreams: readonly string[]
  taskUpstreams: readonly string[]
  balancing: Balancing
}

export interface Balancers {
  readonly auth: Balancer
  readonly task: Balancer
  /** Requests that are under way keep the instance they have. */
  aim(targets: Targets): void
}

/** @param onRefusal an instance of either service could not be reached */
export function createBalancers(
  { authUpstreams, taskUpstreams, balancing }: Targets,
  onRefusal: () => void = () => {},
): Balancers {
  const auth = createBalancer(authUpstreams, { onRefusal })
  const task = createBalancer(taskUpstreams, { balancing, onRefusal })
  return {
    auth,
    task,
    aim(targets) {
      auth.aim(targets.authUpstreams, 'least-connections')
      task.aim(targets.taskUpstreams, targets.balancing)
    },
  }
}

function isTargets(value: unknown): value is Targets {
  const { authUpstreams, taskUpstreams, balancing } = (value ?? {}) as Partial<Targets>
  const areOrigins = (list: unknown) =>
    Array.isArray(list) &&
    list.length > 0 &&
    list.every((url) => URL.canParse(url) && new URL(url).origin === url)
  return (
    areOrigins(authUpstreams) &&
    areOrigins(taskUpstreams) &&
    (balancing === 'least-connections' || balancing === 'round-robin')
  )
}

/**
 * What a file of targets says.
 * @throws Error when it cannot be read or is none: the gateway goes on as it was
 */
export async function readTargets(file: string): Promise<Targets> {
  const targets: unknown = JSON.parse(await readFile(file, 'utf8'))
  if (!isTargets(targets))
    throw new Error(`${file} must hold authUpstreams and taskUpstreams (origins), and balancing`)
  return targets
}
