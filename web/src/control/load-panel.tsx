import { useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import { Button } from '../controls.tsx'
import { go, numberIn } from '../location.ts'
import { milliseconds } from '../system/journey.ts'
import { loadStats } from './connection.ts'
import { Slider } from './slider.tsx'
import { order } from './switches.tsx'

interface Rates {
  reads: number
  writes: number
  logins: number
}

const LIMITS: Rates = { reads: 500, writes: 30, logins: 10 }
const LABELS: Record<keyof Rates, string> = {
  reads: 'Lists a second',
  writes: 'Writes a second',
  logins: 'Log-ins a second',
}
const NOTHING: Rates = { reads: 0, writes: 0, logins: 0 }
const SETTLE_MS = 200

/** Rates that a link asks for, or those of the view. A link starts no load; the button does. */
function wantedRates(kinds: readonly (keyof Rates)[], start: Rates): Rates {
  const wanted = { ...NOTHING }
  for (const kind of kinds) wanted[kind] = Math.round(numberIn(kind, start[kind], 0, LIMITS[kind]))
  return Object.values(wanted).some(Boolean) ? wanted : start
}

/**
 * Sliders of a load by accounts of its own; where they stand is in the address. It ends with the view: nothing runs that cannot
 * be seen.
 */
export function LoadPanel({ kinds, start }: { kinds: readonly (keyof Rates)[]; start: Rates }) {
  const rates = useSignal(NOTHING)
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined)

  function set(next: Rates) {
    rates.value = next
    clearTimeout(timer.current)
    timer.current = setTimeout(() => void order('load', next, ''), SETTLE_MS)
  }
  useEffect(
    () => () => {
      clearTimeout(timer.current)
      if (Object.values(rates.peek()).some(Boolean)) void order('load', NOTHING, '')
    },
    [],
  )

  const running = Object.values(rates.value).some(Boolean)
  return (
    <div class="load">
      {kinds.map((kind) => (
        <Slider
          key={kind}
          label={LABELS[kind]}
          max={LIMITS[kind]}
          value={rates.value[kind]}
          onChange={(value) => {
            go({ [kind]: String(value) }, true)
            set({ ...rates.peek(), [kind]: value })
          }}
        />
      ))}
      <Button
        {...(!running && { kind: 'primary' })}
        onClick={() => set(running ? NOTHING : wantedRates(kinds, start))}
      >
        {running ? 'Stop the load' : 'Start some load'}
      </Button>
    </div>
  )
}

function Count({ label, value, bad = false }: { label: string; value: string; bad?: boolean }) {
  return (
    <div class={bad ? 'count count-bad' : 'count'}>
      <dt>{label}</dt>
      <dd>{value}</dd>
    </div>
  )
}

/** What became of the load, as its own generator counts it. */
export function LoadCounts() {
  const stats = loadStats.value
  if (!stats) return null
  return (
    <>
      <dl class="counts">
        <Count label="answered" value={stats.ok.toLocaleString('en')} />
        <Count label="failed" value={String(stats.failed)} bad={stats.failed > 0} />
        <Count label="lost or stale" value={String(stats.lost)} bad={stats.lost > 0} />
        <Count label="lists/s" value={String(Math.round(stats.readsPerSecond))} />
        <Count label="p50 of lists" value={milliseconds(stats.readP50)} />
        <Count label="p99 of lists" value={milliseconds(stats.readP99)} />
      </dl>
      {stats.lastFailure && <p class="hint">The last failure: {stats.lastFailure}.</p>}
    </>
  )
}
