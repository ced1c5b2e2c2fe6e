import { useComputed, useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import type { AlignedData } from 'uplot'
import type { ApiError } from '../api/client.ts'
import { cacheWord, type Exchange } from '../api/exchange.ts'
import { sendSigned, user } from '../api/session.ts'
import { Chart, type Line } from '../chart.tsx'
import { loadStats } from '../control/connection.ts'
import { moments, useMoments } from '../control/history.ts'
import { LoadCounts, LoadPanel } from '../control/load-panel.tsx'
import { ControlTrouble, Switches, WithControl } from '../control/switches.tsx'
import { Button, say, Trouble } from '../controls.tsx'
import { milliseconds } from '../system/journey.ts'
import { Picture } from '../system/picture.tsx'
import { makeDemo } from '../todo/demo.ts'
import { Idea } from './idea.tsx'

const LINES: Line[] = [
  { label: 'p99 of lists (ms)', colour: '--hit' },
  { label: 'log-ins a second', colour: '--account', right: true, dash: [6, 4] },
]

function stepsOf(exchange: Exchange): [string, string][] {
  const { ms, app, redis, mongodb, instance } = exchange
  const steps: [string, string][] = []
  if (app !== undefined)
    steps.push(['on the way, through the gateway and back', milliseconds(Math.max(0, ms - app))])
  if (redis !== undefined) steps.push([`Redis: ${cacheWord(exchange) || 'asked'}`, milliseconds(redis)])
  if (mongodb !== undefined) steps.push(['MongoDB', milliseconds(mongodb)])
  if (app !== undefined) {
    const own = Math.max(0, app - (redis ?? 0) - (mongodb ?? 0))
    steps.push([`${instance ?? 'the service'} itself`, milliseconds(own)])
  }
  return [...steps, ['in all', milliseconds(ms)]]
}

/** One request at a time, so that each can be followed. */
function OneRequest() {
  const last = useSignal<Exchange | undefined>(undefined)
  const trouble = useSignal('')

  async function ask(path: string) {
    trouble.value = ''
    try {
      if (!user.peek()) await makeDemo()
      last.value = (await sendSigned({ path })).exchange
      say(`${path} was answered in ${milliseconds(last.value.ms)}.`)
    } catch (error) {
      trouble.value = (error as ApiError).message
    }
  }

  return (
    <section class="card" aria-labelledby="one-title">
      <h2 id="one-title">Send one request</h2>
      <p class="hint">
        Lists go to task-service, your profile to auth-service.{' '}
        {user.value ? '' : 'An account is made for it.'}
      </p>
      <div class="row gap-above">
        <Button kind="primary" onClick={() => void ask('/tasks/')}>
          Ask for the list
        </Button>
        <Button onClick={() => void ask('/auth/me')}>Ask for the profile</Button>
      </div>
      <Trouble text={trouble.value} />
      {last.value && (
        <dl class="steps">
          {stepsOf(last.value).map(([label, value]) => (
            <div key={label}>
              <dt>{label}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
      )}
    </section>
  )
}

function Storm() {
  useMoments()
  const data = useComputed((): AlignedData => {
    const shown = moments.value
    return [
      shown.map(({ seconds }) => seconds),
      shown.map(({ p99 }) => p99),
      shown.map(({ logins }) => logins),
    ]
  })
  const stats = loadStats.value
  return (
    <section class="card" aria-labelledby="storm-title">
      <h2 id="storm-title">A storm of log-ins</h2>
      <p class="hint">
        A password hash keeps a processor busy on purpose. It is auth-service’s, so lists do not wait for it:
        raise the log-ins and watch the p99 of lists. When both were one program on one event loop, two people
        who logged in over and over took it from 982 to 27 lists a second (recorded on 2026-11-25 with that
        program, which is not part of this repository: bench/RESULTS.md, “Before the split”).
      </p>
      <WithControl>
        <LoadPanel kinds={['reads', 'logins']} start={{ reads: 40, writes: 0, logins: 2 }} />
        <LoadCounts />
        {stats && (
          <Chart
            label={`p99 of lists is ${milliseconds(stats.readP99)} at ${Math.round(stats.loginsPerSecond)} log-ins a second`}
            lines={LINES}
            data={data.value}
            leftUnit="ms"
            rightUnit="/s"
          />
        )}
        <h3 class="gap-above">Stop auth-service: lists go on</h3>
        <p class="hint">Each instance knows the public keys, and checks tokens by itself.</p>
        <Switches only={['auth']} actions={['stop', 'start']} />
        <ControlTrouble />
      </WithControl>
    </section>
  )
}

export function Split() {
  useEffect(() => {
    document.title = 'Split · AuthDB'
  }, [])
  return (
    <>
      <Idea title="Split the services">
        What is slow for a good reason, such as checking a password, must not slow down what is quick. So
        accounts and lists are two programs, and each can be repeated as often as it needs.
      </Idea>
      <div class="columns">
        <div class="stack">
          <OneRequest />
          <Storm />
        </div>
        <Picture />
      </div>
    </>
  )
}
