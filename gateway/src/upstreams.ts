/** How long an instance that refused a connection is passed over for other requests. */
const PASS_OVER_MS = 500

/** One instance of a service, as the gateway sees it. */
export interface Upstream {
  readonly origin: string
  inFlight: number
  /** On the clock of `now` */
  passedOverUntil: number
}

export interface Balancer {
  /**
   * The instance with the fewest requests in flight, ties in turn; counts the request until `release`.
   * Instances in `tried` are left out; those that refused a moment ago come only when nothing else is left.
   */
  acquire(tried: readonly Upstream[]): Upstream | undefined
  release(upstream: Upstream): void
  passOver(upstream: Upstream): void
}

/**
 * Least connections over a fixed set of instances.
 * @param now milliseconds of a monotonic clock
 */
export function createBalancer(
  origins: readonly string[],
  now: () => number = () => performance.now(),
): Balancer {
  const upstreams = origins.map((origin): Upstream => ({ origin, inFlight: 0, passedOverUntil: 0 }))
  let turn = 0

  function leastLoaded(candidates: Upstream[]): Upstream | undefined {
    const fewest = Math.min(...candidates.map((upstream) => upstream.inFlight))
    const ties = candidates.filter((upstream) => upstream.inFlight === fewest)
    return ties[turn++ % ties.length]
  }

  return {
    acquire(tried) {
      const untried = upstreams.filter((upstream) => !tried.includes(upstream))
      const answering = untried.filter((upstream) => upstream.passedOverUntil <= now())
      const chosen = leastLoaded(answering.length > 0 ? answering : untried)
      if (chosen) chosen.inFlight++
      return chosen
    },
    release(upstream) {
      upstream.inFlight--
    },
    passOver(upstream) {
      upstream.passedOverUntil = now() + PASS_OVER_MS
    },
  }
}
