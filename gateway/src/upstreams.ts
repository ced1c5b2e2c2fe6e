/** How long an instance that refused a connection is passed over for other requests. */
const PASS_OVER_MS = 500
/** How long one that is about to go is passed over: longer than it waits for the connections that are kept to it. */
const LEAVING_MS = 2_000

/** One instance of a service, as the gateway sees it. */
export interface Upstream {
  readonly origin: string
  inFlight: number
  /** On the clock of `now` */
  passedOverUntil: number
}

export type Balancing = 'least-connections' | 'round-robin'

export interface Balancer {
  /** Every instance, in the order they were named */
  readonly upstreams: readonly Upstream[]
  /**
   * The instance with the fewest requests in flight, ties in turn (round robin: just in turn); counts the request until `release`.
   * Instances in `tried` are left out; those that refused a moment ago, or are leaving, come only when nothing else is left.
   */
  acquire(tried: readonly Upstream[]): Upstream | undefined
  release(upstream: Upstream): void
  passOver(upstream: Upstream): void
  /** It is about to go: until it has, a request that reaches it could meet a connection that is being closed. */
  leaves(upstream: Upstream): void
  /** Other instances from now on; those that stay keep their count. */
  aim(origins: readonly string[], balancing: Balancing): void
}

export interface BalancerOptions {
  balancing?: Balancing
  /** An instance could not be reached. */
  onRefusal?: () => void
  /** Milliseconds of a monotonic clock */
  now?: () => number
}

/** Spreads requests over a set of instances. */
export function createBalancer(
  origins: readonly string[],
  {
    balancing = 'least-connections',
    onRefusal = () => {},
    now = () => performance.now(),
  }: BalancerOptions = {},
): Balancer {
  const create = (origin: string): Upstream => ({ origin, inFlight: 0, passedOverUntil: 0 })
  let upstreams = origins.map(create)
  let how = balancing
  let turn = 0

  function inTurn(candidates: Upstream[]): Upstream | undefined {
    return candidates[turn++ % candidates.length]
  }

  function leastLoaded(candidates: Upstream[]): Upstream | undefined {
    const fewest = Math.min(...candidates.map((upstream) => upstream.inFlight))
    return inTurn(candidates.filter((upstream) => upstream.inFlight === fewest))
  }

  return {
    get upstreams() {
      return upstreams
    },
    acquire(tried) {
      const untried = upstreams.filter((upstream) => !tried.includes(upstream))
      const answering = untried.filter((upstream) => upstream.passedOverUntil <= now())
      const candidates = answering.length > 0 ? answering : untried
      const chosen = how === 'round-robin' ? inTurn(candidates) : leastLoaded(candidates)
      if (chosen) chosen.inFlight++
      return chosen
    },
    release(upstream) {
      upstream.inFlight--
    },
    passOver(upstream) {
      upstream.passedOverUntil = now() + PASS_OVER_MS
      onRefusal()
    },
    leaves(upstream) {
      upstream.passedOverUntil = now() + LEAVING_MS
    },
    aim(next, nextBalancing) {
      const known = new Map(upstreams.map((upstream) => [upstream.origin, upstream]))
      upstreams = next.map((origin) => known.get(origin) ?? create(origin))
      how = nextBalancing
    },
  }
}
