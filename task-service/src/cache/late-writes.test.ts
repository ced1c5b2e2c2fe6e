import { Registry } from '@prometheus-io/client'
import t from 'tap'
import { ON, TURNED_OFF } from '../../test/support/fake-cache.ts'
import { listScene } from '../../test/support/list-scene.ts'
import { until } from '../../test/support/until.ts'
import { CacheMetrics } from './cache-metrics.ts'
import { CacheUnreachable, NotAnnounced, NothingWritten } from './errors.ts'
import { LateSteps } from './late-steps.ts'
import { TIMING } from './timing.ts'

const QUICK = { ...TIMING, lateRetryMs: 1 }
const FROZEN_MS = 30_000
const MORE_THAN_BOUND = 1_200
const BOUND = 1_000

/** A write on an instance whose clock jumps, as if it had been frozen, while `step` is on its way to Redis. */
function frozenAt(step: 'mark' | 'unmark' | 'abandon') {
  const clock = { now: 1_000_000 }
  const scene = listScene({ writeThrough: false, now: () => clock.now, timing: QUICK })
  const original = scene.cache[step].bind(scene.cache) as (...parts: unknown[]) => Promise<never>
  scene.cache.unreachable.add(step)
  Object.assign(scene.cache, {
    [step]: (...parts: unknown[]) => {
      clock.now += FROZEN_MS
      return original(...parts)
    },
  })
  /** Redis answers again, and the clock runs as it should. */
  const wake = () => {
    Object.assign(scene.cache, { [step]: original })
    scene.cache.unreachable.clear()
  }
  return { ...scene, clock, wake }
}

t.test('an instance that wakes up at its MARK turns nothing off, and takes its mark away', async (t) => {
  const { cache, epochs, steps, write, wake } = frozenAt('mark')
  cache.unreachable.add('unmark')
  await t.rejects(write(), NothingWritten)
  t.strictSame(steps, ['mark'], 'it answers at once')
  wake()
  await until('the mark is taken away', async () => steps.includes('unmark'))
  t.equal(cache.unmarkedWith, undefined)
  t.equal(epochs.proposals, 0)
})

t.test('an instance that wakes up at its UNMARK turns nothing off, and unmarks later', async (t) => {
  const { epochs, steps, write, wake, registry } = frozenAt('unmark')
  await t.rejects(write(), NotAnnounced)
  t.strictSame(steps, ['mark', 'commit', 'unmark'], 'it answers at once')
  wake()
  const written = async () => (await registry.metrics()).includes('write_steps_total{step="late"} 1')
  await until('the mark is taken away', written)
  t.equal(epochs.proposals, 0)
  t.equal(steps.filter((step) => step === 'commit').length, 1)
})

t.test('a write of unknown outcome is abandoned later, when Redis does not answer', async (t) => {
  const { epochs, steps, write, wake, registry } = frozenAt('abandon')
  const lost = new Error('the connection was lost')
  await t.rejects(
    write(3_000, async () => {
      throw lost
    }),
    lost,
  )
  wake()
  await until('it is abandoned', async () =>
    (await registry.metrics()).includes('write_steps_total{step="late"} 1'),
  )
  t.notOk(steps.includes('unmark'), 'never unmarked')
  t.equal(epochs.proposals, 0)
})

t.test('a frozen process has not been waiting: one slow answer does not turn the cache off', async (t) => {
  const { epochs, steps, write } = frozenAt('mark')
  epochs.onProposeOff = () => {
    epochs.lease = TURNED_OFF
  }
  t.equal(await write(100 * FROZEN_MS), 'written')
  t.ok(steps.filter((step) => step === 'mark').length >= 3, 'Redis was asked again')
  t.equal(epochs.proposals, 1)
})

t.test('a write that might outlive its mark is not made, whatever its deadline', async (t) => {
  const clock = { now: 0 }
  const { cache, steps, write } = listScene({ now: () => clock.now })
  const mark = cache.mark.bind(cache)
  cache.mark = async () => {
    clock.now += TIMING.markToCommitMs
    return mark()
  }
  await t.rejects(write(10 * TIMING.markToCommitMs), NothingWritten)
  t.strictSame(steps, ['mark', 'unmark'])
})

function lateSteps() {
  const state = { now: 0, lease: ON, tried: 0 }
  const late = new LateSteps({
    epochs: { current: () => state.lease },
    metrics: new CacheMetrics(new Registry()),
    timing: QUICK,
    now: () => state.now,
  })
  const unreachable = async () => {
    state.tried++
    throw new CacheUnreachable('by the test')
  }
  /** Nothing is tried any more. */
  const isQuiet = async () => {
    const before = state.tried
    await new Promise((resolve) => setTimeout(resolve, 20 * QUICK.lateRetryMs))
    return state.tried === before
  }
  return { state, late, unreachable, isQuiet }
}

for (const [what, end] of [
  ['its mark has expired by itself', ({ state }) => (state.now += TIMING.markLifeMs)],
  ['its epoch is over', ({ state }) => (state.lease = TURNED_OFF)],
  ['the service stops', ({ late }) => late.stop()],
] as [string, (scene: ReturnType<typeof lateSteps>) => unknown][]) {
  t.test(`a late step is given up when ${what}`, async (t) => {
    const scene = lateSteps()
    scene.late.add(ON, scene.unreachable)
    await until('it is tried again and again', async () => scene.state.tried > 3)
    end(scene)
    await until('it is not tried any more', scene.isQuiet)
    t.pass()
  })
}

t.test('no more than 1,000 late steps are kept', async (t) => {
  const { late, state } = lateSteps()
  const seen = new Set<number>()
  for (let n = 0; n < MORE_THAN_BOUND; n++) {
    late.add(ON, async () => {
      state.tried++
      seen.add(n)
      throw new CacheUnreachable('by the test')
    })
  }
  await until('all of them have been tried', async () => state.tried >= 3 * BOUND)
  late.stop()
  t.equal(seen.size, BOUND)
})
