/** A span of time in which the offered rate goes in a straight line from `from` to `to` requests a second. */
export interface Phase {
  readonly name: string
  readonly seconds: number
  readonly from: number
  /** The same as `from` when left out. */
  readonly to?: number
}

interface Placed extends Required<Phase> {
  readonly startsAt: number
  /** Arrivals before the phase begins */
  readonly arrivalsBefore: number
  readonly arrivals: number
}

/**
 * When each request is due, whatever becomes of the ones before it: the arrivals of an open system.
 * Deterministic, so that two runs are offered the same load; times are seconds since the load began.
 */
export class Schedule {
  readonly seconds: number
  readonly arrivals: number
  readonly phases: readonly Placed[]

  /** @throws RangeError for a phase without length or with a negative rate */
  constructor(phases: readonly Phase[]) {
    let [startsAt, arrivalsBefore] = [0, 0]
    this.phases = phases.map(({ name, seconds, from, to = from }) => {
      if (!(seconds > 0 && from >= 0 && to >= 0)) throw new RangeError(`phase "${name}" is impossible`)
      const arrivals = ((from + to) / 2) * seconds
      const placed = { name, seconds, from, to, startsAt, arrivalsBefore, arrivals }
      startsAt += seconds
      arrivalsBefore += arrivals
      return placed
    })
    this.seconds = startsAt
    this.arrivals = Math.floor(arrivalsBefore)
  }

  /** Requests a second that are offered at a time; 0 before and after the load. */
  rateAt(second: number): number {
    const phase = this.phaseAt(second)
    if (phase === undefined) return 0
    return phase.from + ((phase.to - phase.from) * (second - phase.startsAt)) / phase.seconds
  }

  phaseAt(second: number): Placed | undefined {
    return this.phases.find(({ startsAt, seconds }) => second >= startsAt && second < startsAt + seconds)
  }

  /** @throws RangeError when there is no such phase */
  phase(name: string): Placed {
    const found = this.phases.find((phase) => phase.name === name)
    if (found === undefined) throw new RangeError(`there is no phase "${name}"`)
    return found
  }

  /**
   * When the n-th request (from 0) is due; undefined when the load is over by then.
   * The inverse of the area under the rate: from·t + (to − from)·t² / (2·seconds) = n.
   */
  dueAt(n: number): number | undefined {
    // The n-th request is due in the middle of its own area under the rate, not at its border.
    const wanted = n + 0.5
    const phase = this.phases.find(({ arrivalsBefore, arrivals }) => wanted < arrivalsBefore + arrivals)
    if (phase === undefined) return undefined
    const area = wanted - phase.arrivalsBefore
    const slope = (phase.to - phase.from) / phase.seconds
    const root = Math.sqrt(phase.from * phase.from + 2 * slope * area)
    return phase.startsAt + (2 * area) / (phase.from + root)
  }
}
