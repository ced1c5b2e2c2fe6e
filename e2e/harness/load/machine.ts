import { monitorEventLoopDelay } from 'node:perf_hooks'

const NANOSECONDS = 1e6
const RESOLUTION_MS = 10
/** An idle machine of two processors on which a service starts stays below 50 ms. */
const LATE_MS = 200
/** Of what the machine carried before */
const LEAST_SHARE = 0.5

/** A run that says nothing about the product, because the machine was not up to it. */
export class VoidRun extends Error {}

/**
 * Watches this process's own timers: on a machine that is busy with other things, they come late. What failed then
 * may have failed for want of a processor.
 */
export class MachineWatch {
  readonly #delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS })

  constructor() {
    this.#delay.enable()
  }

  /**
   * @param before requests a second that the undisturbed system carried before the disturbance
   * @param after the same after it
   * @returns how the machine fell short, undefined when it did not
   */
  shortfall(before: number, after: number): string | undefined {
    this.#delay.disable()
    const lateMs = this.#delay.percentile(99) / NANOSECONDS
    if (lateMs > LATE_MS) return `timers of the load generator were ${lateMs.toFixed(0)} ms late (p99)`
    if (after < before * LEAST_SHARE)
      return `undisturbed it carried ${before.toFixed(0)} requests/s before and ${after.toFixed(0)} after`
    return undefined
  }
}
