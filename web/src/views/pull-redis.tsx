import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import type { ApiError } from '../api/client.ts'
import { user } from '../api/session.ts'
import { addTask, readTasks } from '../api/tasks.ts'
import { ControlTrouble, Switches, WithControl } from '../control/switches.tsx'
import { Button, say, Trouble } from '../controls.tsx'
import { milliseconds } from '../system/journey.ts'
import { RequestLog } from '../system/request-log.tsx'
import { makeDemo } from '../todo/demo.ts'

/** The length of a cache lease. After it, no instance trusts the Redis that was lost. */
const LEASE_MS = 2_000
const CIRCUMFERENCE = 2 * Math.PI * 20

/** How long a write has waited already, as part of the lease it may have to wait for. */
function WaitRing({ since }: { since: number }) {
  const now = useSignal(performance.now())
  useEffect(() => {
    const timer = setInterval(() => (now.value = performance.now()), 50)
    return () => clearInterval(timer)
  }, [])
  const waited = Math.max(0, now.value - since)
  const share = Math.min(1, waited / LEASE_MS)
  return (
    <span class="row">
      <svg width="48" height="48" viewBox="0 0 48 48" aria-hidden="true" class="ring">
        <circle cx="24" cy="24" r="20" />
        <circle
          cx="24"
          cy="24"
          r="20"
          class="ring-part"
          stroke-dasharray={`${share * CIRCUMFERENCE} ${CIRCUMFERENCE}`}
        />
      </svg>
      <span>The write has waited {(waited / 1_000).toFixed(1)} s; a lease lasts 2 s.</span>
    </span>
  )
}

/** Stops Redis while the visitor reads and writes, and shows what each costs. */
export function PullRedis() {
  const writing = useSignal<number | undefined>(undefined)
  const trouble = useSignal('')

  async function attempt(work: () => Promise<void>, done: string) {
    trouble.value = ''
    const started = performance.now()
    try {
      if (!user.peek()) await makeDemo()
      await work()
      say(`${done} in ${milliseconds(performance.now() - started)}.`)
    } catch (error) {
      trouble.value = (error as ApiError).message
    }
  }

  async function write() {
    await attempt(async () => {
      writing.value = performance.now()
      await addTask({ title: `Written at ${new Date().toLocaleTimeString('en')}` })
    }, 'Written')
    writing.value = undefined
  }

  return (
    <section class="card" aria-labelledby="pull-title">
      <h2 id="pull-title">Pull Redis</h2>
      <p class="hint">
        Stop Redis, then read: lists come from MongoDB at once. Then write: the first write waits until every
        promise to believe the lost Redis has run out (2 to 3 s); the ones after it do not wait.
      </p>
      <WithControl>
        <Switches only={['redis']} actions={['stop', 'kill', 'start']} />
        <ControlTrouble />
      </WithControl>
      <div class="row gap-above">
        <Button onClick={() => void attempt(readTasks, 'Read')}>Read the list</Button>
        <Button disabled={writing.value !== undefined} onClick={() => void write()}>
          Write a task
        </Button>
        {writing.value !== undefined && <WaitRing since={writing.value} />}
      </div>
      <Trouble text={trouble.value} />
      <RequestLog rows={6} />
    </section>
  )
}
