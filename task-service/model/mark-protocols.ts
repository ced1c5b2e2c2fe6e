import {
  confirm,
  describe,
  EMPTY,
  type Entry,
  fill,
  fillLease,
  mark,
  unmark,
  unmarkByDeleting,
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
 * A read that fills only under a lease that it has seen before it read the database. `confirms`: that may be another
 * reader's lease as well, and a read that does not fill ends with script CONFIRM.
 */
function readUnderLease(confirms: boolean): Protocol['read'] {
  return (world, i) => {
    switch (readerOf(world, i).next) {
      case 'idle':
        return [get(world, i, confirms)]
      case 'take lease':
        return [takeLease(world, i, confirms)]
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
  if (world.cache.kind === 'empty')
    return stepOf(`r${i} GET misses`, setReader(begun, i, { next: 'take lease' }))
  return goOn(begun, i, 'GET', shares)
}

function takeLease(world: World, i: number, shares: boolean): Step<World> {
  if (world.cache.kind !== 'empty') return goOn(world, i, 'CLAIM', shares)
  const token = freeToken(world)
  return stepOf(
    `r${i} takes the lease`,
    setReader(world, i, { next: 'read and fill', token }, fillLease(token)),
  )
}

/** Of a reader that has found a value, a lease or a mark. */
function goOn(world: World, i: number, command: string, shares: boolean): Step<World> {
  const { cache } = world
  if (cache.kind === 'value') return answer(world, i, cache.version, `${command} hits`)
  const label = `r${i} ${command} finds: ${describe(cache)}`
  return cache.kind === 'lease' && shares
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
  const cache = fill(world.cache, token, version)
  if (cache !== world.cache) return answer({ ...world, cache }, i, version, 'fills')
  return confirms
    ? answerConfirmed(world, i, 'may not fill, CONFIRM')
    : answer(world, i, version, 'may not fill')
}

function answerConfirmed(world: World, i: number, how: string): Step<World> {
  const { version } = readerOf(world, i)
  if (world.cache.kind === 'value')
    return answer(world, i, world.cache.version, `${how} finds v${world.cache.version}`)
  return answer({ ...world, cache: confirm(world.cache) }, i, version, `${how} of ${describe(world.cache)}`)
}

type Unmark = (entry: Entry, writer: number, version: Version) => Entry

/** A write that marks, commits, unmarks; when UNMARK is lost there is no 2xx and the mark stays until it expires. */
function markCommitUnmark(unmarkScript: Unmark): Protocol['write'] {
  return (world, i) => {
    const { next, version } = writerOf(world, i)
    if (next === 'mark') {
      return [stepOf(`w${i} MARK`, setWriter(world, i, { next: 'commit' }, mark(world.cache, i)))]
    }
    if (next === 'commit') return [commit(world, i)]
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

/** Nishtala et al., "Scaling Memcache at Facebook", NSDI 2013, section 3.2.1. */
export const leaseAndDelete: Protocol = {
  name: 'lease + delete (NSDI 2013)',
  firstWriterStep: 'commit',
  keysCarryRunId: false,
  read: readUnderLease(false),
  write: commitThenTouch(() => EMPTY, 'DEL'),
}

const marking = { firstWriterStep: 'mark', keysCarryRunId: true } as const

export const markUnmark: Protocol = {
  ...marking,
  name: 'mark, write, unmark',
  read: readUnderLease(false),
  write: markCommitUnmark(unmark),
}

export const markUnmarkDeleting: Protocol = {
  ...marking,
  name: 'mark, write, unmark; always DEL',
  read: readUnderLease(false),
  write: markCommitUnmark(unmarkByDeleting),
}

export const markUnmarkConfirming: Protocol = {
  ...marking,
  name: 'mark, write, unmark; reads confirm',
  read: readUnderLease(true),
  write: markCommitUnmark(unmark),
}

export const markWithoutTaint: Protocol = {
  ...marking,
  name: 'mark without the taint bit',
  read: readUnderLease(false),
  write: markCommitUnmark(unmarkWithoutTaint),
}
