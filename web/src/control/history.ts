import { signal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { loadStats } from './connection.ts'

/** Four a second, for one minute */
const KEPT = 240

export interface Moment {
  /** Since the first one */
  seconds: number
  p99: number
  logins: number
}

/** The load's own numbers over the last minute. */
export const moments = signal<readonly Moment[]>([])

let began = 0

/** Collects for as long as a view is shown. */
export function useMoments(): void {
  useEffect(() => {
    began ||= performance.now()
    return loadStats.subscribe((stats) => {
      if (!stats) return
      const seconds = (performance.now() - began) / 1_000
      const moment = { seconds, p99: stats.readP99, logins: stats.loginsPerSecond }
      moments.value = [...moments.peek(), moment].slice(-KEPT)
    })
  }, [])
}
