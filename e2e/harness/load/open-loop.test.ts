import t from 'tap'
import { until } from '../until.ts'
import { type Kind, latencyOf, OpenLoop, type Workload } from './open-loop.ts'
import { Schedule } from './schedule.ts'

/** Answers come when the test lets them. */
class HeldWorkload implements Workload {
  readonly waiting: ((status: number) => void)[] = []

  send(): { kind: Kind; status: Promise<number> } {
    return { kind: 'read', status: new Promise((resolve) => this.waiting.push(resolve)) }
  }

  answerAll(status: number): void {
    for (const answer of this.waiting.splice(0)) answer(status)
  }
}

const schedule = new Schedule([{ name: 'constant', seconds: 0.2, from: 100 }])

/** Longer than any machine needs for the first few */
const long = new Schedule([{ name: 'constant', seconds: 600, from: 100 }])

t.test('requests start when they are due, though no answer comes', async (t) => {
  const workload = new HeldWorkload()
  const load = new OpenLoop({ schedule, workload })
  await until('all have been sent', () => workload.waiting.length === 20)
  t.equal(load.samples.length, 0)
  workload.answerAll(200)
  await load.finished
  t.equal(load.samples.length, 20)
  t.ok(load.samples.every(({ due, sent }) => sent >= due))
})

t.test('with a full house the rest waits, and its waiting is latency', async (t) => {
  const workload = new HeldWorkload()
  const load = new OpenLoop({ schedule, workload, mostInFlight: 5 })
  await until('all are due', () => load.elapsed > 250)
  t.equal(workload.waiting.length, 5, 'no more than allowed are under way')
  while (load.samples.length < 20) {
    workload.answerAll(200)
    await until('more are sent', () => workload.waiting.length > 0 || load.samples.length === 20)
  }
  await load.finished
  const last = load.samples.toSorted((a, b) => b.due - a.due)[0]
  t.ok(last && last.sent - last.due > 40, 'it was sent long after it was due')
  t.ok(load.samples.every((sample) => latencyOf(sample) >= sample.end - sample.sent))
})

t.test('a stopped load sends nothing more and waits for the last answers', async (t) => {
  const workload = new HeldWorkload()
  const load = new OpenLoop({ schedule: long, workload })
  await until('some are sent', () => workload.waiting.length >= 3)
  const sent = workload.waiting.length
  let isOver = false
  const stopped = load.stop().then(() => {
    isOver = true
  })
  const { elapsed } = load
  await until('more are due', () => load.elapsed > elapsed + 50)
  t.equal(workload.waiting.length, sent)
  t.notOk(isOver, 'answers are missing')
  workload.answerAll(0)
  await stopped
  t.equal(load.samples.length, sent)
})
