import {
  claim,
  confirm,
  describe,
  EMPTY,
  type Entry,
  fill,
  isClaimedBy,
  mark,
  unmark,
  unmarkWithoutTaint,
} from './entries.ts'
import type { Step } from './explorer.ts'
import { commitThenTouch } from './naive-protocols.ts'
import {
  answer,
  commit,
  freeToken,
  type Protocol,
  readerOf,
  setReader,
  setWriter,
  spend,
  succeed,
  type World,
  writerOf,
} from './one-redis.ts'
import { stepOf, type Version } from './promises.ts'

/**
 * A read that fills only under a claim that it has seen before it read the database. `confirms`: that may be another
 * reader's claim as well, and a read that does not fill ends with script CONFIRM.
 */
function readUnderClaim(confirms: boolean): Protocol['read'] {
  return (world, i) => {
    switch (readerOf(world, i).next) {
      case 'idle':
        return [get(world, i, confirms)]
      case 'claim':
        return [makeClaim(world, i, confirms)]
      case 'read and fill':
        return [readDatabase(world, i, 'fill')]
      case 'fill':
        return [fillOrConfirm(world, i, confirms)]
      case 'read only':
        return confirms
          ? [readDatabase(world, i, 'confirm')]
          : [answer(world, i, world.committed, 'reads the database')]
      case 'confirm':
        return [answerConfirmed(world, i, 'CONFIRM')]
    }
  }
}

function get(world: World, i: number, shares: boolean): Step<World> {
  const begun = setReader(world, i, { before: world.told })
  if (world.cache.kind === 'empty') return stepOf(`r${i} GET misses`, setReader(begun, i, { next: 'claim' }))
  return goOn(begun, i, 'GET', shares)
}

function makeClaim(world: World, i: number, shares: boolean): Step<World> {
  const token = freeToken(world)
  const { entry, answer: found } = claim(world.cache, token)
  if (found !== 'claimed') return goOn(world, i, 'CLAIM', shares)
  return stepOf(`r${i} CLAIM: may fill`, setReader(world, i, { next: 'read and fill', token }, entry))
}

/** Of a reader that has found a value, a claim or a mark. */
function goOn(world: World, i: number, command: string, shares: boolean): Step<World> {
  const { cache } = world
  if (cache.kind === 'value') return answer(world, i, cache.version, `${command} hits`)
  const label = `r${i} ${command} finds: ${describe(cache)}`
  return cache.kind === 'claim' && shares
    ? stepOf(label, setReader(world, i, { next: 'read and fill', token: cache.token }))
    : stepOf(label, setReader(world, i, { next: 'read only' }))
}

function readDatabase(world: World, i: number, next: 'fill' | 'confirm'): Step<World> {
  return stepOf(
    `r${i} reads v${world.committed} from the database`,
    setReader(world, i, { next, version: world.committed }),
  )
}

function fillOrConfirm(world: World, i: number, confirms: boolean): Step<World> {
  const { version, token } = readerOf(world, i)
  if (isClaimedBy(world.cache, token))
    return answer({ ...world, cache: fill(world.cache, token, version).entry }, i, version, 'fills')
  return confirms
    ? answerConfirmed(world, i, 'may not fill, CONFIRM')
    : answer(world, i, version, 'may not fill')
}

function answerConfirmed(world: World, i: number, how: string): Step<World> {
  const { entry, answer: cached } = confirm(world.cache)
  if (cached !== undefined) return answer(world, i, cached, `${how} finds v${cached}`)
  const { version } = readerOf(world, i)
  return answer({ ...world, cache: entry }, i, version, `${how} of ${describe(world.cache)}`)
}

type Unmark = (entry: Entry, writer: number, version: Version) => Entry

/**
 * A write that marks, commits, unmarks. When UNMARK is lost there is no 2xx; it comes late, if at all.
 */
function markCommitUnmark(unmarkScript: Unmark): Protocol['write'] {
  return (world, i) => {
    const { next, version } = writerOf(world, i)
    if (next === 'mark') {
      return [stepOf(`w${i} MARK`, setWriter(world, i, { next: 'commit' }, mark(world.cache, i).entry))]
    }
    if (next === 'commit') return [commit(world, i)]
    if (next === 'refused') {
      const late = unmarkByDeleting(world.cache, i)
      return [stepOf(`w${i} late UNMARK`, setWriter(world, i, { next: 'done', version: 0 }, late))]
    }
    if (next !== 'clean up') return []
    const after = unmarkScript(world.cache, i, version)
    const steps = [succeed(world, i, `UNMARK leaves: ${describe(after)}`, after)]
    if (world.faults.losses > 0) {
      const refused = setWriter(spend(world, 'losses'), i, { next: 'refused', version: 0 })
      steps.push(stepOf(`w${i} UNMARK is LOST, 503 outcome_unknown`, refused))
    }
    return steps
  }
}

const unmarkByStoring: Unmark = (entry, writer, version) => unmark(entry, writer, version).entry
const unmarkByDeleting = (entry: Entry, writer: number) => unmark(entry, writer, undefined).entry

/** What is called a claim here is called a lease there: Nishtala et al., "Scaling Memcache at Facebook", NSDI 2013, section 3.2.1. */
export const leaseAndDelete: Protocol = {
  name: 'lease + delete (NSDI 2013)',
  firstWriterStep: 'commit',
  keysCarryRunId: false,
  read: readUnderClaim(false),
  write: commitThenTouch(() => EMPTY, 'DEL'),
}

const marking = { firstWriterStep: 'mark', keysCarryRunId: true } as const

export const markUnmark: Protocol = {
  ...marking,
  name: 'mark, write, unmark',
  read: readUnderClaim(false),
  write: markCommitUnmark(unmarkByStoring),
}

export const markUnmarkDeleting: Protocol = {
  ...marking,
  name: 'mark, write, unmark; always DEL',
  read: readUnderClaim(false),
  write: markCommitUnmark(unmarkByDeleting),
}

export const markUnmarkConfirming: Protocol = {
  ...marking,
  name: 'mark, write, unmark; reads confirm',
  read: readUnderClaim(true),
  write: markCommitUnmark(unmarkByStoring),
}

export const markWithoutTaint: Protocol = {
  ...marking,
  name: 'mark without the taint bit',
  read: readUnderClaim(false),
  write: markCommitUnmark(unmarkWithoutTaint),
}
