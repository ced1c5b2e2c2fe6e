/** Attempts that are free, and how the wait grows afterwards. */
export interface DelayRule {
  free: number
  baseMs: number
  maxMs: number
  /** Attempts are forgotten this long after the last one (ms) */
  forgetMs: number
}

export interface Window {
  count: number
  /** Until the window ends (ms) */
  resetMs: number
}

/** Counts attempts; each method is atomic, so that of many at once none is missed. */
export interface AttemptStore {
  /** Counts one attempt in a window that begins with the first. */
  count(key: string, windowMs: number): Promise<Window>
  /** Counts one attempt, unless one has to wait. @returns the wait (ms), 0 when the attempt was counted and may go on */
  delay(key: string, rule: DelayRule): Promise<number>
  /** Takes back an attempt that `delay` counted and nothing came of. A wait that is due for the others stays. */
  undo(key: string, rule: DelayRule): Promise<void>
  forget(keys: string[]): Promise<void>
}

/** The wait before the attempt after the `count`-th (ms). */
export function waitAfter(count: number, rule: DelayRule): number {
  if (count < rule.free) return 0
  return Math.min(rule.baseMs * 2 ** (count - rule.free), rule.maxMs)
}
