import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { type Balancing, balancing } from '../control/connection.ts'
import { LoadCounts, LoadPanel } from '../control/load-panel.tsx'
import { ControlTrouble, order, Switches, WithControl } from '../control/switches.tsx'
import { feed } from '../system/feed.ts'
import { OwnReads } from '../system/own-reads.tsx'
import { Picture } from '../system/picture.tsx'
import { instances, shortName } from '../system/topology.ts'
import { Idea } from './idea.tsx'

const WINDOW_MS = 3_000
const COUNT_EVERY_MS = 500
const HOW: [Balancing, string][] = [
  ['least-connections', 'Least connections'],
  ['round-robin', 'Round robin'],
]

/** Answers of each instance in the last three seconds. */
export function useShares() {
  const shares = useSignal<ReadonlyMap<string, number>>(new Map())
  useEffect(() => {
    const timer = setInterval(() => {
      const counts = new Map<string, number>()
      for (const { exchange } of feed.since(WINDOW_MS)) {
        const { instance } = exchange
        if (instance) counts.set(instance, (counts.get(instance) ?? 0) + 1)
      }
      shares.value = counts
    }, COUNT_EVERY_MS)
    return () => clearInterval(timer)
  }, [])
  return shares
}

/** One bar for each instance: what waits or runs there, and what it has answered. */
export function InstanceBars() {
  const shares = useShares()
  const most = Math.max(1, ...shares.value.values())
  return (
    <ul class="bars">
      {instances.value.map(({ name, inFlight = 0 }) => {
        const answered = (shares.value.get(name) ?? 0) / (WINDOW_MS / 1_000)
        return (
          <li key={name}>
            <span class="bar-name">{shortName(name)}</span>
            <span class="bar">
              <span style={{ width: `${((shares.value.get(name) ?? 0) / most) * 100}%` }} />
            </span>
            <meter
              class="visually-hidden"
              aria-label={`Answers a second of ${shortName(name)}`}
              min={0}
              max={most / (WINDOW_MS / 1_000)}
              value={answered}
            />
            <span class="bar-value">
              {answered.toFixed(answered < 10 ? 1 : 0)}/s{inFlight > 0 ? `, ${inFlight} in work` : ''}
            </span>
          </li>
        )
      })}
    </ul>
  )
}

function Choice() {
  return (
    <fieldset class="segments">
      <legend class="visually-hidden">How the gateway chooses</legend>
      {HOW.map(([how, label]) => (
        <label key={how}>
          <input
            type="radio"
            name="balancing"
            checked={balancing.value === how}
            onChange={() =>
              void order('balance', { how }, `The gateway chooses by ${label.toLowerCase()} now.`)
            }
          />
          <span>{label}</span>
        </label>
      ))}
    </fieldset>
  )
}

export function TrafficCop() {
  useEffect(() => {
    document.title = 'Traffic cop · AuthDB'
  }, [])
  return (
    <>
      <Idea title="The traffic cop">
        The gateway sends each request to the instance that has the fewest under way. Make one slow and see
        how little it gets; switch to round robin and see its queue grow. Kill one: what had not reached it
        goes to another.
      </Idea>
      <div class="columns">
        <section class="card" aria-labelledby="cop-title">
          <h2 id="cop-title">Three instances and their queues</h2>
          <WithControl>
            <div class="row gap-above">
              <Choice />
            </div>
            <LoadPanel kinds={['reads', 'writes']} start={{ reads: 60, writes: 5, logins: 0 }} />
            <LoadCounts />
          </WithControl>
          <OwnReads />
          <InstanceBars />
          <WithControl>
            <Switches actions={['slow', 'freeze', 'kill', 'start', 'resume']} />
            <ControlTrouble />
          </WithControl>
        </section>
        <Picture pace="live" />
      </div>
    </>
  )
}
