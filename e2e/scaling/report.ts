import { isSuccess, type Sample } from '../harness/load/open-loop.ts'
import type { Phase } from '../harness/load/schedule.ts'
import type { Check, Tally, Verdict } from '../harness/load/verdict.ts'
import { type Chart, drawChart, type Line, type Mark, type Panel, type Point } from './plot.ts'
import type { ReplicaSample, Replicas } from './replicas.ts'
import type { Second } from './series.ts'

/** Everything about one run under load. */
export interface Run {
  readonly name: string
  readonly title: string
  readonly phases: readonly Phase[]
  /** Seconds since the load began */
  readonly marks: readonly Mark[]
  readonly seconds: readonly Second[]
  /** The second load, of log-ins, where there is one */
  readonly logins?: { readonly tally: Tally; readonly seconds: readonly Second[] }
  readonly replicas: readonly ReplicaSample[]
  readonly verdict: Verdict
  /** Reads by what happened meanwhile */
  readonly readsDuring: Readonly<Record<string, Tally>>
  /** The first of those that failed */
  readonly failures: readonly Sample[]
  readonly checks: readonly Check[]
}

/** What a result file holds. */
export interface Report {
  readonly date: string
  readonly cluster: string
  readonly command: string
  readonly runs: readonly Run[]
}

const SHOWN_FAILURES = 50

/** The first requests that failed, in the order in which they were due. */
export function failuresOf(samples: readonly Sample[]): Sample[] {
  const failed = samples.filter((sample) => !isSuccess(sample))
  return failed.sort((a, b) => a.due - b.due).slice(0, SHOWN_FAILURES)
}

function tallyText({ requests, failed, p50, p99, max, sinceSent }: Tally): string {
  const ms = (value: number) => value.toFixed(1)
  return `${requests} requests, ${failed} failed; p50 ${ms(p50)}, p99 ${ms(p99)}, longest ${ms(max)} ms (from sending: p99 ${ms(sinceSent.p99)})`
}

function failureText({ kind, due, end, status }: Sample): string {
  return `${kind} at ${(due / 1000).toFixed(1)} s: ${status || 'no answer'} after ${(end - due).toFixed(0)} ms`
}

function runText({ title, verdict, logins, readsDuring, failures, checks }: Run): string {
  const refusals = Object.entries(verdict.refusals).map(([refusal, count]) => `${count} × ${refusal}`)
  const during = Object.entries(readsDuring).map(([what, tally]) => `  reads, ${what}: ${tallyText(tally)}`)
  return [
    title,
    ...checks.map(({ what, holds, found }) => `  ${holds ? 'yes' : 'NO '}  ${what}: ${found}`),
    `  reads: ${tallyText(verdict.reads)}`,
    `  writes: ${tallyText(verdict.writes)}`,
    ...(logins ? [`  log-ins: ${tallyText(logins.tally)}`] : []),
    ...during,
    ...(refusals.length > 0 ? [`  refused: ${refusals.join(', ')}`] : []),
    ...failures.slice(0, 5).map((failure) => `  ${failureText(failure)}`),
  ].join('\n')
}

/** The summary, for people. */
export function summaryOf({ date, cluster, command, runs }: Report): string {
  const kept = runs.flatMap(({ checks }) => checks)
  const broken = kept.filter(({ holds }) => !holds).length
  const verdict = broken === 0 ? `all ${kept.length} checks hold` : `${broken} of ${kept.length} checks fail`
  return `${[`${date}, ${cluster}`, command, verdict, ...runs.map((run) => `\n${runText(run)}`)].join('\n')}\n`
}

const COLOURS = {
  offered: '#999',
  answered: '#1f77b4',
  logins: '#9467bd',
  tasks: '#2ca02c',
  auth: '#ff7f0e',
  p50: '#1f77b4',
  p99: '#d62728',
  errors: '#d62728',
}

function replicaLines(replicas: readonly ReplicaSample[]): Line[] {
  const line = (service: string, label: string, colour: string, field: 'desired' | 'ready'): Line => ({
    label,
    colour,
    shape: 'step',
    dashed: field === 'desired',
    points: replicas.map(
      ({ at, services }): Point => [at / 1000, (services[service] as Replicas | undefined)?.[field]],
    ),
  })
  return [
    line('task-service', 'task-service desired', COLOURS.tasks, 'desired'),
    line('task-service', 'ready', COLOURS.tasks, 'ready'),
    line('auth-service', 'auth-service desired', COLOURS.auth, 'desired'),
    line('auth-service', 'ready', COLOURS.auth, 'ready'),
  ]
}

/** Offered and answered rate, replicas, latency and errors over time. */
function chartOf({ title, seconds, logins, replicas, marks }: Run): Chart {
  const points = (series: readonly Second[], field: Exclude<keyof Second, 'second'>): Point[] =>
    series.map((second) => [second.second + 0.5, second[field]])
  const rate: Panel = {
    title: 'requests per second',
    lines: [
      { label: 'offered', colour: COLOURS.offered, points: points(seconds, 'offered'), shape: 'step' },
      { label: 'answered', colour: COLOURS.answered, points: points(seconds, 'answered') },
      ...(logins
        ? [{ label: 'log-ins answered', colour: COLOURS.logins, points: points(logins.seconds, 'answered') }]
        : []),
    ],
  }
  const latency: Panel = {
    title: 'latency of tasks since due, ms',
    scale: 'log',
    atLeast: 100,
    lines: [
      { label: 'p50', colour: COLOURS.p50, points: points(seconds, 'p50') },
      { label: 'p99', colour: COLOURS.p99, points: points(seconds, 'p99') },
    ],
  }
  const errors: Panel = {
    title: 'failed requests per second',
    atLeast: 4,
    lines: [{ label: 'failed', colour: COLOURS.errors, points: points(seconds, 'failed'), shape: 'bars' }],
  }
  const pods: Panel = { title: 'pods', atLeast: 4, lines: replicaLines(replicas) }
  return {
    title,
    xTitle: 'seconds since the load began',
    xMax: Math.max(seconds.length, 1),
    marks,
    panels: [rate, pods, latency, errors],
  }
}

export function pictureOf(run: Run): string {
  return drawChart(chartOf(run))
}
