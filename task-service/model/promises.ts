import type { Property, Step } from './explorer.ts'

/** A version of the list: the number of commits in the database up to it. */
export type Version = number

/** What the outside world has been told so far; no protocol may look at it. */
export interface Told {
  /** Highest version whose write got its 2xx. */
  readonly acknowledged: Version
  /** Highest version that any finished read has shown. */
  readonly shown: Version
}

export const NOTHING_TOLD: Told = { acknowledged: 0, shown: 0 }

/**
 * Judges a read that started when `before` had been told and now answers `version`.
 * - `fresh` (R): it shows at least what was acknowledged when it started: the promise of the cache.
 * - `monotonic` (LIN): nor less than any read had shown by then, so that each list is one linearizable register.
 *
 * Reads and writes of the model start with their first effect and end with their last one: moving the start later or
 * the end earlier only asks for more, so the shorter form finds every violation of the longer one with fewer states.
 */
export function brokenBy(version: Version, before: Told): readonly Property[] | undefined {
  if (version < before.acknowledged) return ['fresh', 'monotonic']
  if (version < before.shown) return ['monotonic']
  return undefined
}

export function acknowledge(told: Told, version: Version): Told {
  return version > told.acknowledged ? { ...told, acknowledged: version } : told
}

export function show(told: Told, version: Version): Told {
  return version > told.shown ? { ...told, shown: version } : told
}

/** A step that breaks nothing, or the given properties. */
export function stepOf<State>(label: string, state: State, breaks?: readonly Property[]): Step<State> {
  return breaks === undefined ? { label, state } : { label, state, breaks }
}
