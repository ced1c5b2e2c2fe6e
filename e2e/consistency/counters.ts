import { newPeople } from '../harness/people.ts'
import { until } from '../harness/until.ts'
import type { Answer, HttpConnection } from './http-connection.ts'

/** Two tasks each, so that two writes of one list can overlap. */
export const LASTING = 2
/** The slot whose values are tasks of their own: each write of it is a creation, and the highest of them counts. */
export const CREATED = LASTING
/** Registers of an account, each a slot of its list */
export const SLOTS = LASTING + 1
/** In the place of a counter, for a slot without a task */
export const ABSENT = -1

export interface Account {
  readonly headers: Record<string, string>
  /** Ids in the order of creation; the list shows them newest first. */
  readonly taskIds: readonly string[]
}

/** A title is the counter of a task: `1:17` is value 17 of the account's second task. */
export function titleOf(slot: number, value: number): string {
  return `${slot}:${value}`
}

/**
 * Registers and logs in new users, and makes their tasks.
 * @throws Error when the system refuses that
 */
export async function createAccounts(
  baseUrl: string,
  connection: HttpConnection,
  count: number,
): Promise<Account[]> {
  const accounts: Account[] = []
  for (const { authorization } of await newPeople(baseUrl, count))
    accounts.push(await withTasks(connection, { authorization }))
  return accounts
}

async function withTasks(connection: HttpConnection, headers: Record<string, string>): Promise<Account> {
  const taskIds: string[] = []
  for (let slot = 0; slot < SLOTS; slot++) taskIds.push(await created(connection, titleOf(slot, 0), headers))
  return { headers, taskIds }
}

/** A service that has just started, or is busy, refuses at first: with a key it can be asked again. @returns its id */
async function created(
  connection: HttpConnection,
  title: string,
  headers: Record<string, string>,
): Promise<string> {
  let answer: Answer | undefined
  await until(`a task is created`, async () => {
    answer = await connection.sendJson('POST', '/tasks', { title }, { ...headers, 'idempotency-key': title })
    return answer !== undefined && answer.status < 500
  })
  if (answer?.status === 201) return (JSON.parse(String(answer.body)) as { _id: string })._id
  throw new Error(`expected 201, got ${answer?.status} ${answer?.body}`)
}

const TITLE = Buffer.from('"title":"')
const COLON = 0x3a
const ZERO = 0x30
const QUOTE = 0x22

/**
 * The counters in a list, without parsing it as JSON.
 * @param values receives the counter of each slot, `ABSENT` where the list has no task of it
 * @throws Error when it has something else, or one of the lasting tasks twice
 */
export function readCounters(body: Buffer, values: number[]): void {
  values.fill(ABSENT)
  for (let at = body.indexOf(TITLE); at !== -1; at = body.indexOf(TITLE, at)) {
    at += TITLE.length
    const slot = (body[at] as number) - ZERO
    const before = values[slot]
    if (body[at + 1] !== COLON || before === undefined || (before !== ABSENT && slot !== CREATED))
      throw new Error(`not the account's list: ${body}`)
    let value = 0
    for (at += 2; body[at] !== QUOTE; at++) value = value * 10 + ((body[at] as number) - ZERO)
    values[slot] = Math.max(before, value)
  }
}
