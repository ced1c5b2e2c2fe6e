import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import type { AlignedData } from 'uplot'
import { Chart, type Line } from '../chart.tsx'
import { go, numberIn } from '../location.ts'

interface Second {
  second: number
  offered: number
  answered: number
  failed: number
  p99: number
  pods: number
}

interface Recorded {
  date: string
  cluster: string
  command: string
  title: string
  requests: number
  lost: number
  seconds: Second[]
}

const LINES: Line[] = [
  { label: 'answered a second', colour: '--hit' },
  { label: 'offered a second', colour: '--muted', dash: [4, 4] },
  { label: 'pods (right)', colour: '--account', right: true, dash: [8, 3] },
]

function dataOf(seconds: readonly Second[]): AlignedData {
  return [
    seconds.map(({ second }) => second),
    seconds.map(({ answered }) => answered),
    seconds.map(({ offered }) => offered),
    seconds.map(({ pods }) => pods),
  ]
}

function Scrubber({ run }: { run: Recorded }) {
  const last = run.seconds.length - 1
  const at = Math.round(numberIn('at', last, 0, last))
  const now = run.seconds[at]
  return (
    <>
      <label class="slider">
        <span>Second</span>
        <input
          type="range"
          min={0}
          max={last}
          value={at}
          onInput={({ currentTarget }) => go({ at: currentTarget.value }, true)}
        />
        <output>{at}</output>
      </label>
      {now && (
        <p>
          <strong>{now.pods} pods</strong> answered {now.answered} of {now.offered} requests; p99 {now.p99}{' '}
          ms; {now.failed} failed.
        </p>
      )}
      <Chart
        label={`Requests a second and pods over ${run.seconds.length} seconds`}
        lines={LINES}
        data={dataOf(run.seconds.slice(0, at + 1))}
        leftUnit=""
        rightUnit="pods"
      />
    </>
  )
}

/** A run of `make scale-test` on a cluster, as its results file tells it. */
export function RecordedRun() {
  const run = useSignal<Recorded | undefined>(undefined)
  const trouble = useSignal('')
  useEffect(() => {
    fetch('/assets/recorded-run.json')
      .then(async (response) => {
        if (!response.ok) throw new Error(String(response.status))
        run.value = await response.json()
      })
      .catch(() => (trouble.value = 'The recorded run cannot be loaded.'))
  }, [])
  return (
    <section class="card" aria-labelledby="recorded-title">
      <h2 id="recorded-title">Recorded: on a cluster</h2>
      {trouble.value && <p class="empty">{trouble.value}</p>}
      {run.value && (
        <>
          <p class="hint">
            {run.value.title}. {run.value.date.slice(0, 10)}, {run.value.cluster}, by {run.value.command}:{' '}
            {run.value.requests.toLocaleString('en')} requests, {run.value.lost} writes lost.
          </p>
          <Scrubber run={run.value} />
        </>
      )}
    </section>
  )
}
