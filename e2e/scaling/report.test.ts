import t from 'tap'
import { KEPT, NONE_FAILED } from '../harness/load/verdict.fixture.ts'
import { promisesOf, type Verdict } from '../harness/load/verdict.ts'
import { failuresOf, pictureOf, type Run, summaryOf } from './report.ts'

const verdict: Verdict = {
  ...KEPT,
  writes: { ...NONE_FAILED, requests: 10, failed: 1 },
  refusals: { 'POST 503 overloaded': 1 },
}
const second = { offered: 50, answered: 50, failed: 0, p50: 3, p99: 9.5, p99SinceSent: 8 }
const services = {
  'task-service': { desired: 4, ready: 2, cpu: 80 },
  'auth-service': { desired: 1, ready: 1, cpu: 5 },
}
const run: Run = {
  name: 'ramp',
  title: 'A ramp',
  phases: [{ name: 'quiet', seconds: 2, from: 50 }],
  marks: [{ x: 0, label: 'quiet' }],
  seconds: [
    { second: 0, ...second },
    { second: 1, ...second },
  ],
  replicas: [
    { at: 0, services },
    { at: 1000, services },
  ],
  verdict,
  readsDuring: { 'a restart': NONE_FAILED },
  failures: failuresOf([
    { kind: 'read', due: 900, sent: 900, end: 910, status: 200 },
    { kind: 'write', due: 1500, sent: 1500, end: 1530, status: 503 },
    { kind: 'read', due: 500, sent: 500, end: 10_500, status: 0 },
  ]),
  checks: promisesOf(verdict),
}
const report = {
  date: '2026-01-02T03:04:05Z',
  cluster: 'Kubernetes v1.34',
  command: 'make scale-test',
  runs: [run],
}

t.test('the summary names what holds, the figures and the refusals', (t) => {
  const summary = summaryOf(report)
  t.match(summary, /^2026-01-02T03:04:05Z, Kubernetes v1\.34\nmake scale-test\nall 7 checks hold\n/)
  t.match(summary, /yes {2}no GET failed: 0 of 90/)
  t.match(
    summary,
    /writes: 10 requests, 1 failed; p50 3\.0, p99 9\.5, longest 12\.0 ms \(from sending: p99 8\.0\)/,
  )
  t.match(summary, /reads, a restart: 90 requests/)
  t.match(summary, /refused: 1 × POST 503 overloaded/)
  t.match(summary, /read at 0\.5 s: no answer after 10000 ms\n {2}write at 1\.5 s: 503 after 30 ms/)
  t.end()
})

t.test('the summary says first how many checks fail, and which', (t) => {
  const checks = promisesOf({ ...verdict, lost: ['3: n7'] })
  const summary = summaryOf({ ...report, runs: [{ ...run, checks }] })
  t.match(summary, /1 of 7 checks fail/)
  t.match(summary, /NO {3}no acknowledged POST is lost \(21\): 1: 3: n7/)
  t.end()
})

t.test('the picture has a panel each for rates, pods, latency and failures', (t) => {
  const svg = pictureOf(run)
  for (const label of [
    'requests per second',
    'pods',
    'latency of tasks since due, ms',
    'failed requests per second',
    'offered',
    'answered',
    'task-service desired',
    'auth-service desired',
    'p50',
    'p99',
  ])
    t.ok(svg.includes(`>${label}</text>`), label)
  t.end()
})
