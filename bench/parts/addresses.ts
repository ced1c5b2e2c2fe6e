import { call } from '../../e2e/harness/http.ts'
import { uniqueEmail } from '../../e2e/harness/people.ts'
import { Random } from '../../e2e/harness/random.ts'
import { median } from '../measure.ts'
import { type Section, table } from '../sections.ts'
import type { Settings } from '../settings.ts'
import type { Stage } from '../stage.ts'

/** A refusal takes half a second, however it came to it. */
const AT_ONCE = 5

/** @returns the share of pairs in which the one took longer than the other; 0.5 where nothing tells them apart */
function shareLonger(ones: readonly number[], others: readonly number[]): number {
  const won = ones.map((one) => others.filter((other) => one > other).length)
  const tied = ones.map((one) => others.filter((other) => one === other).length)
  const total = (counts: number[]) => counts.reduce((sum, count) => sum + count, 0)
  return (total(won) + total(tied) / 2) / (ones.length * others.length)
}

/** Of the share above, where both are the same (Mann and Whitney, 1947) */
function standardError(ones: number, others: number): number {
  return Math.sqrt((ones + others + 1) / (12 * ones * others))
}

type Kind = 'known' | 'unknown'

/** @returns milliseconds */
async function refusalTime(url: string, email: string | undefined): Promise<number> {
  const began = performance.now()
  const json = { email, password: 'not the password of anybody' }
  const { status, text } = await call(`${url}/auth/login`, { method: 'POST', json })
  if (status !== 401) throw new Error(`a wrong password was answered ${status}: ${text}`)
  return performance.now() - began
}

/** Whether the time of a refused log-in tells that somebody has an account: wrong passwords, in mixed order. */
export async function addresses({ auth, people }: Stage, { tries }: Settings): Promise<Section> {
  const random = new Random(1)
  const times: Record<Kind, number[]> = { known: [], unknown: [] }
  let count = 0
  const guesser = async () => {
    for (let n = count++; n < tries; n = count++) {
      const emails = { known: people[n % people.length]?.email, unknown: uniqueEmail() }
      const order: Kind[] = random.chance(0.5) ? ['known', 'unknown'] : ['unknown', 'known']
      for (const kind of order) times[kind].push(await refusalTime(auth.url, emails[kind]))
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, guesser))
  const share = shareLonger(times.known, times.unknown)
  const deviations = (share - 0.5) / standardError(tries, tries)
  return {
    title: 'Known and unknown addresses',
    text: [
      table([
        ['wrong passwords', 'tries', 'median, ms'],
        ['of known addresses', String(tries), median(times.known).toFixed(2)],
        ['of unknown addresses', String(tries), median(times.unknown).toFixed(2)],
      ]),
      `A known address took longer in ${(100 * share).toFixed(1)} % of all pairs, ${deviations.toFixed(1)} standard deviations from the 50 % of two that are the same (Mann-Whitney).`,
    ].join('\n\n'),
  }
}
