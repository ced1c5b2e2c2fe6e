import { lookup } from 'node:dns/promises'
import { isIPv6 } from 'node:net'
import type { Balancer, Balancing } from './upstreams.ts'

/** Time between two looks at DNS (ms): a new instance gets its first request after this at the latest */
const EVERY_MS = 2_000

/** Every address of a host now. @throws Error of node:dns */
export type Resolve = (host: string) => Promise<string[]>

export interface Discovery {
  /** Looks now, for example because an instance has refused a connection; one look at a time. Never rejects. */
  look(): Promise<void>
  stop(): void
}

const addressesOf: Resolve = async (host) => (await lookup(host, { all: true })).map(({ address }) => address)

/** An origin for each address of the host in `origin`, in an order that stays while the addresses do. */
async function instancesOf(origin: string, resolve: Resolve): Promise<string[]> {
  const { protocol, hostname, port } = new URL(origin)
  const addresses = await resolve(hostname)
  return addresses
    .toSorted()
    .map((one) => new URL(`${protocol}//${isIPv6(one) ? `[${one}]` : one}:${port}`).origin)
}

/**
 * Keeps a balancer aimed at every address that the hosts in `named` have: the ready pods of a headless Service.
 * Where a name has none, or nobody answers, it stays as it was.
 * @param onTrouble is told once for each run of failures
 */
export function discover(
  balancer: Balancer,
  { named, balancing }: { named: readonly string[]; balancing: Balancing },
  onTrouble: (error: Error) => void,
  resolve: Resolve = addressesOf,
): Discovery {
  let looking: Promise<void> | undefined
  let isTroubled = false

  async function aim(): Promise<void> {
    try {
      const found = await Promise.all(named.map((origin) => instancesOf(origin, resolve)))
      balancer.aim(found.flat(), balancing)
      isTroubled = false
    } catch (error) {
      if (!isTroubled) onTrouble(error as Error)
      isTroubled = true
    }
  }

  function look(): Promise<void> {
    looking ??= aim().finally(() => {
      looking = undefined
    })
    return looking
  }

  const timer = setInterval(look, EVERY_MS)
  timer.unref()
  return { look, stop: () => clearInterval(timer) }
}
