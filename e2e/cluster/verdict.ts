import { describeViolation, findViolations } from '../consistency/history-check.ts'
import type { OpenLoop, Sample } from './open-loop.ts'
import type { Person } from './people.ts'

export interface Verdict {
  seconds: number
  requests: number
  failedReads: Record<string, number>
  failedWrites: Record<string, number>
  acknowledgedWrites: number
  /** Acknowledged tasks that no list shows, and tasks that are there twice. */
  lost: string[]
  doubled: string[]
  stale: string[]
  p50Ms: number
  p99Ms: number
}

/** Nearest-rank percentile of numbers in any order; 0 for none. */
export function percentile(values: number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0
}

function countByStatus(samples: Sample[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { status } of samples) counts[status || 'no answer'] = (counts[status || 'no answer'] ?? 0) + 1
  return counts
}

/** Every title of a person, over all pages. */
async function allTitles(baseUrl: string, { authorization }: Person): Promise<string[]> {
  const titles: string[] = []
  let next: string | undefined = '/tasks?limit=100'
  while (next !== undefined) {
    const response: Response = await fetch(new URL(next, baseUrl), { headers: { authorization } })
    if (response.status !== 200) throw new Error(`cannot read the list at the end: ${response.status}`)
    for (const { title } of (await response.json()) as { title: string }[]) titles.push(title)
    next = /<([^>]+)>;\s*rel="next"/.exec(response.headers.get('link') ?? '')?.[1]
  }
  return titles
}

/**
 * Holds what was promised against what is there. Call it when the load has stopped.
 * @throws Error when the generator could not offer the load it was asked for: such a run proves nothing
 */
export async function judge(load: OpenLoop, baseUrl: string, people: readonly Person[]): Promise<Verdict> {
  if (load.notStarted > 0)
    throw new Error(`void: ${load.notStarted} requests could not be started, too many were under way`)
  const lost: string[] = []
  const doubled: string[] = []
  for (const [index, person] of people.entries()) {
    const counts = new Map<string, number>()
    for (const title of await allTitles(baseUrl, person)) counts.set(title, (counts.get(title) ?? 0) + 1)
    for (const { title } of load.acknowledged.filter((task) => task.person === index)) {
      if (!counts.has(title)) lost.push(`${person.email}: ${title}`)
    }
    for (const [title, count] of counts) if (count > 1) doubled.push(`${person.email}: ${title} x ${count}`)
  }
  const latencies = load.samples.map(({ latencyMs }) => latencyMs)
  return {
    seconds: Math.round(Math.max(...load.samples.map(({ at }) => at), 0) / 1000),
    requests: load.samples.length,
    failedReads: countByStatus(load.samples.filter(({ isRead, status }) => isRead && status !== 200)),
    failedWrites: countByStatus(load.samples.filter(({ isRead, status }) => !isRead && status !== 201)),
    acknowledgedWrites: load.acknowledged.length,
    lost,
    doubled,
    stale: findViolations(load.history).map((violation) =>
      describeViolation(load.history, violation, load.startedAt),
    ),
    p50Ms: Math.round(percentile(latencies, 0.5) * 10) / 10,
    p99Ms: Math.round(percentile(latencies, 0.99) * 10) / 10,
  }
}
