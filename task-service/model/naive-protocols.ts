import { cachedValue, EMPTY, type Entry } from './entries.ts'
import type { Step } from './explorer.ts'
import {
  answer,
  commit,
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

/** A read that fills without asking anybody: GET, on a miss read the database, then SET. */
function readAndSet(set: (entry: Entry, version: Version) => Entry): Protocol['read'] {
  return (world, i) => {
    const { next, version } = readerOf(world, i)
    if (next === 'idle') {
      const begun = setReader(world, i, { before: world.told })
      if (world.cache.kind === 'value') return [answer(begun, i, world.cache.version, 'GET hits')]
      return [stepOf(`r${i} GET misses`, setReader(begun, i, { next: 'read and fill' }))]
    }
    if (next === 'read and fill') {
      const after = setReader(world, i, { next: 'fill', version: world.committed })
      return [stepOf(`r${i} reads v${world.committed} from the database`, after)]
    }
    return [answer({ ...world, cache: set(world.cache, version) }, i, version, `SETs v${version}`)]
  }
}

/** A write that commits first, then touches the cache once, and succeeds also when that command is lost. */
export function commitThenTouch(
  touch: (entry: Entry, version: Version) => Entry,
  command: string,
): Protocol['write'] {
  return (world, i): Step<World>[] => {
    const { next, version } = writerOf(world, i)
    if (next === 'commit') return [commit(world, i)]
    if (next !== 'clean up') return []
    const steps = [succeed(world, i, `${command}`, touch(world.cache, version))]
    if (world.faults.losses > 0) {
      steps.push(succeed(spend(world, 'losses'), i, `${command} is LOST`, world.cache))
    }
    return steps
  }
}

/** Overwrites only what is older. Nothing remembers the version of an entry that was evicted. */
function setIfNewer(entry: Entry, version: Version): Entry {
  return entry.kind === 'value' && entry.version >= version ? entry : cachedValue(version)
}

const common = { firstWriterStep: 'commit', keysCarryRunId: false } as const

/** The usual cache-aside. */
export const deleteAfterWrite: Protocol = {
  ...common,
  name: 'delete after write',
  read: readAndSet((_, version) => cachedValue(version)),
  write: commitThenTouch(() => EMPTY, 'DEL'),
}

export const writeThrough: Protocol = {
  ...common,
  name: 'write-through SET',
  read: readAndSet((_, version) => cachedValue(version)),
  write: commitThenTouch((_, version) => cachedValue(version), 'SET'),
}

export const newerVersionWins: Protocol = {
  ...common,
  name: 'newer version wins',
  read: readAndSet(setIfNewer),
  write: commitThenTouch(setIfNewer, 'compare and SET'),
}

/** Deleting before the write as well changes nothing: a reader that read the old version fills afterwards. */
export const deleteBeforeAndAfter: Protocol = {
  ...common,
  name: 'delete before and after',
  firstWriterStep: 'mark',
  read: deleteAfterWrite.read,
  write: (world, i) =>
    writerOf(world, i).next === 'mark'
      ? [stepOf(`w${i} DEL`, setWriter(world, i, { next: 'commit' }, EMPTY))]
      : deleteAfterWrite.write(world, i),
}
