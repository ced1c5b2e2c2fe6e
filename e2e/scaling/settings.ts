import { fileURLToPath } from 'node:url'

/** Values on top of those of the end-to-end suite: requests, windows and limits that fit a small node. */
export const VALUES = fileURLToPath(new URL('../../helm/authdb/values-scale.yaml', import.meta.url))

/** The stabilization window of values-scale.yaml; the chart's own is 300 s. */
const SCALE_DOWN_WINDOW_SECONDS = 30
/** Beyond the window: metrics, one reading of the autoscaler, and the removal of pods in steps. */
export const SCALE_DOWN_LIMIT_SECONDS = SCALE_DOWN_WINDOW_SECONDS + 150
export const SCALE_OUT_LIMIT_SECONDS = 180
export const PODS_WANTED = 3

/** What was set for this execution. */
const given: string[] = []

function text(name: string, otherwise: string): string {
  const value = process.env[name] || otherwise
  if (value !== otherwise) given.push(`${name}=${value}`)
  return value
}

function number(name: string, otherwise: number): number {
  const value = Number(text(name, String(otherwise)))
  if (!(value >= 0)) throw new Error(`${name} is no number: ${process.env[name]}`)
  return value
}

/** All from the environment, so that a short form exists; seconds, requests a second, milliseconds. */
export const settings = {
  runs: text('RUNS', 'ramp,disturbances,storm').split(','),
  people: number('PEOPLE', 40),
  quietRate: number('QUIET_RATE', 20),
  /** Of the plateau */
  rate: number('RATE', 200),
  quietSeconds: number('QUIET', 60),
  rampSeconds: number('RAMP', 30),
  plateauSeconds: number('PLATEAU', 120),
  /** Under which restarts, upgrades and failures happen */
  constantRate: number('CONSTANT_RATE', 60),
  loginRate: number('LOGIN_RATE', 8),
  stormSeconds: number('STORM', 120),
  stormRate: number('STORM_RATE', 60),
  /** p99 of reads while the storm lasts, to that before it: 1.1 where each part has a processor, 2.5 where all share two */
  p99Ratio: number('P99_RATIO', 4),
}

/** How this execution can be repeated. */
export function commandLine(): string {
  return ['make scale-test', ...given].join(' ')
}
