import { randomInt, randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { ChangedMeanwhile, LastAdmin } from '../errors.ts'

const ATTEMPTS = 8
const MAX_PAUSE_MS = 50
/** An operation that takes longer than that was interrupted. */
const STALE_MS = 30_000

interface Marks {
  markLeaving(id: string, op: string, staleBefore: Date): Promise<boolean>
  unmarkLeaving(id: string, op: string): Promise<void>
  clearMarks(staleBefore: Date): Promise<void>
  hasOtherAdmin(id: string, staying: boolean): Promise<boolean>
}

/**
 * Lets an administrator go only while another one stays, without a transaction: mark oneself as leaving, then look
 * for one who is not marked, then write on condition of one's own mark. Of two who leave at the same time, the one
 * who looks second sees the mark of the first (Dekker's mutual exclusion), so never do both succeed; a process that
 * froze in between finds its mark gone and writes nothing.
 * @param commit the write; its condition has to be the mark `op`
 * @returns what commit returned; undefined when the account is no administrator any more
 * @throws LastAdmin, ChangedMeanwhile
 */
export async function leaveAsAdmin<T>(
  marks: Marks,
  id: string,
  commit: (op: string) => Promise<T | undefined>,
): Promise<T | undefined> {
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const op = randomUUID()
    if (!(await marks.markLeaving(id, op, staleDate()))) return undefined
    if (await marks.hasOtherAdmin(id, true)) return commit(op)
    await marks.unmarkLeaving(id, op)
    if (!(await marks.hasOtherAdmin(id, false))) throw new LastAdmin()
    await marks.clearMarks(staleDate())
    await sleep(randomInt(1, MAX_PAUSE_MS))
  }
  throw new ChangedMeanwhile()
}

function staleDate(): Date {
  return new Date(Date.now() - STALE_MS)
}
