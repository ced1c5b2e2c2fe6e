import { newPeople } from '../harness/people.ts'
import type { Answer, HttpConnection } from './http-connection.ts'

/** Two tasks each, so that two writes of one list can overlap. */
export const TASKS_EACH = 2

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
  for (let slot = 0; slot < TASKS_EACH; slot++) {
    const created = require(await connection.sendJson(
      'POST',
      '/tasks',
      { title: titleOf(slot, 0) },
      headers,
    ), 201)
    taskIds.push((JSON.parse(String(created.body)) as { _id: string })._id)
  }
  return { headers, taskIds }
}

function require(answer: Answer | undefined, status: number): Answer {
  if (answer?.status === status) return answer
  throw new Error(`expected ${status}, got ${answer ? `${answer.status} ${answer.body}` : 'no answer'}`)
}

const TITLE = Buffer.from('"title":"')
const COLON = 0x3a
const ZERO = 0x30
const QUOTE = 0x22

/**
 * The counters in a list, without parsing it as JSON.
 * @param values receives the counter of each slot
 * @throws Error when the list is not the account's tasks, each once
 */
export function readCounters(body: Buffer, values: number[]): void {
  values.fill(-1)
  let found = 0
  for (let at = body.indexOf(TITLE); at !== -1; at = body.indexOf(TITLE, at)) {
    at += TITLE.length
    const slot = (body[at] as number) - ZERO
    if (body[at + 1] !== COLON || values[slot] !== -1) throw new Error(`not the account's list: ${body}`)
    let value = 0
    for (at += 2; body[at] !== QUOTE; at++) value = value * 10 + ((body[at] as number) - ZERO)
    values[slot] = value
    found++
  }
  if (found !== values.length) throw new Error(`not the account's list: ${body}`)
}
