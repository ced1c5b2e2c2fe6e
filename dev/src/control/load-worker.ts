import { parentPort, workerData } from 'node:worker_threads'
import type { LoadOrder } from './load.ts'
import { PEOPLE } from './load.ts'
import { LoadTally } from './load-tally.ts'
import { Person } from './person.ts'

const TICK_MS = 20
const REPORT_MS = 250
/** Requests in flight at most: beyond that, a request that is due is not sent, and counted as skipped. */
const MAX_UNDER_WAY = 1_000

const { baseUrl } = workerData as { baseUrl: string }
let tally = new LoadTally()
let order: LoadOrder = { reads: 0, writes: 0, logins: 0 }
let people: Person[] = []
let underWay = 0
const credit = { reads: 0, writes: 0, logins: 0 }

/** Open loop: a request is sent when it is due, whether or not earlier ones were answered. */
function send(kind: keyof LoadOrder, work: (person: Person) => Promise<void>): void {
  const person = people[Math.floor(Math.random() * people.length)]
  if (!person) return
  if (underWay >= MAX_UNDER_WAY) {
    tally.unsent()
    return
  }
  underWay++
  const started = performance.now()
  const counted = tally
  counted.sent()
  void work(person)
    .then(
      () => counted.answered(kind, performance.now() - started),
      (error: Error) => counted.failed(error.message),
    )
    .finally(() => underWay--)
}

const WORK: Record<keyof LoadOrder, (person: Person) => Promise<void>> = {
  reads: async (person) => tally.lost(await person.read()),
  writes: (person) => person.write(),
  logins: (person) => person.login(),
}

function isNothing({ reads, writes, logins }: LoadOrder): boolean {
  return reads + writes + logins === 0
}

let last = performance.now()
setInterval(() => {
  const now = performance.now()
  const seconds = (now - last) / 1_000
  last = now
  for (const kind of ['reads', 'writes', 'logins'] as const) {
    credit[kind] += order[kind] * seconds
    for (; credit[kind] >= 1; credit[kind]--) send(kind, WORK[kind])
  }
}, TICK_MS)
setInterval(() => parentPort?.postMessage(tally.report()), REPORT_MS)

/** Two at a time: each account costs two password hashes, and auth-service has a limit of its own. */
async function makePeople(): Promise<void> {
  const made = Array.from({ length: PEOPLE }, () => new Person(baseUrl))
  for (let index = 0; index < made.length; index += 2) {
    const pair = made.slice(index, index + 2)
    const results = await Promise.allSettled(pair.map((person) => person.join()))
    people = [...people, ...pair.filter((_person, at) => results[at]?.status === 'fulfilled')]
  }
}

let making = false
parentPort?.on('message', async (next: LoadOrder) => {
  // Statistics begin again with each new load.
  if (isNothing(order) && !isNothing(next)) tally = new LoadTally()
  order = next
  if (making || people.length > 0) return
  making = true
  await makePeople()
  making = false
})
