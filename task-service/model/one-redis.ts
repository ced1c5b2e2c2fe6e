import { describe, EMPTY, type Entry, NO_TOKEN, newToken } from './entries.ts'
import type { Model, Step } from './explorer.ts'
import { acknowledge, brokenBy, NOTHING_TOLD, show, stepOf, type Told, type Version } from './promises.ts'
import type { StateKey } from './visited-states.ts'

/** How often each fault may happen in one execution. */
export interface Faults {
  /** The entry is evicted, or its time to live ends. */
  readonly evictions: number
  /** A writer dies between two of its steps, or just after its commit has left for the database, which it may reach late. */
  readonly crashes: number
  /** The command after the commit does not arrive. */
  readonly losses: number
  /** Another Redis takes over: an older replica or, where keys carry the run id, an empty cache. */
  readonly failovers: number
}

export const NO_FAULTS: Faults = { evictions: 0, crashes: 0, losses: 0, failovers: 0 }

/** What a reader does next; idle covers the GET that starts a read. */
export type ReaderStep = 'idle' | 'claim' | 'read and fill' | 'fill' | 'read only' | 'confirm'
/** What a writer does next; the last step of a write includes its 2xx. */
export type WriterStep = 'mark' | 'commit' | 'clean up' | 'done' | 'crashed' | 'commit under way' | 'refused'

export interface Reader {
  readonly next: ReaderStep
  readonly readsLeft: number
  /** What had been told when the read in progress started. */
  readonly before: Told
  readonly version: Version
  /** Of the claim to fill under. */
  readonly token: number
}

export interface Writer {
  readonly next: WriterStep
  readonly version: Version
}

export interface World {
  readonly committed: Version
  readonly cache: Entry
  /** A lagging replica of the cache, once there is one. */
  readonly replica: Entry | undefined
  readonly readers: readonly Reader[]
  readonly writers: readonly Writer[]
  readonly told: Told
  readonly faults: Faults
}

export interface Protocol {
  readonly name: string
  readonly firstWriterStep: WriterStep
  /** Keys carry the run id of the Redis process, so that a take-over starts cold. */
  readonly keysCarryRunId: boolean
  read(world: World, reader: number): Step<World>[]
  write(world: World, writer: number): Step<World>[]
}

export interface Size {
  readonly readers: number
  readonly readsEach: number
  readonly writers: number
}

const IDLE = { before: NOTHING_TOLD, version: 0, token: NO_TOKEN }
const READER_STEPS: readonly ReaderStep[] = ['idle', 'claim', 'read and fill', 'fill', 'read only', 'confirm']
const WRITER_STEPS: readonly WriterStep[] = [
  'mark',
  'commit',
  'clean up',
  'done',
  'crashed',
  'commit under way',
  'refused',
]
const ENTRY_KINDS = ['empty', 'value', 'claim', 'mark']

/** One key in one Redis, its database, and readers and writers that follow `protocol`. */
export function oneRedisModel(protocol: Protocol, size: Size, faults: Partial<Faults> = {}): Model<World> {
  return {
    name: protocol.name,
    words: 4,
    initial: {
      committed: 0,
      cache: EMPTY,
      replica: undefined,
      readers: Array.from({ length: size.readers }, () => ({
        next: 'idle',
        readsLeft: size.readsEach,
        ...IDLE,
      })),
      writers: Array.from({ length: size.writers }, () => ({ next: protocol.firstWriterStep, version: 0 })),
      told: NOTHING_TOLD,
      faults: { ...NO_FAULTS, ...faults },
    },
    writeKey,
    steps: (world) => [
      ...world.readers.flatMap((reader, i) =>
        reader.next !== 'idle' || reader.readsLeft > 0 ? protocol.read(world, i) : [],
      ),
      ...world.writers.flatMap((_, i) => [...protocol.write(world, i), ...crash(world, i)]),
      ...evict(world),
      ...failOver(world, protocol),
    ],
  }
}

export function setReader(
  world: World,
  i: number,
  change: Partial<Reader>,
  cache: Entry = world.cache,
): World {
  return { ...world, cache, readers: world.readers.with(i, { ...readerOf(world, i), ...change }) }
}

export function setWriter(
  world: World,
  i: number,
  change: Partial<Writer>,
  cache: Entry = world.cache,
): World {
  return { ...world, cache, writers: world.writers.with(i, { ...writerOf(world, i), ...change }) }
}

export function readerOf(world: World, i: number): Reader {
  return world.readers[i] as Reader
}

export function writerOf(world: World, i: number): Writer {
  return world.writers[i] as Writer
}

/** The reader answers: the one place where the promises are judged. */
export function answer(world: World, i: number, version: Version, how: string): Step<World> {
  const { before, readsLeft } = readerOf(world, i)
  const after = setReader(world, i, { next: 'idle', readsLeft: readsLeft - 1, ...IDLE })
  const label = `r${i} ${how}, answers v${version} (at its start v${before.acknowledged} acknowledged, v${before.shown} shown)`
  return stepOf(label, { ...after, told: show(world.told, version) }, brokenBy(version, before))
}

/** The step of a writer that is its 2xx, too. */
export function succeed(world: World, i: number, label: string, cache: Entry): Step<World> {
  const told = acknowledge(world.told, writerOf(world, i).version)
  return stepOf(`w${i} ${label}, 2xx`, { ...setWriter(world, i, { next: 'done', version: 0 }, cache), told })
}

export function commit(world: World, i: number): Step<World> {
  const version = world.committed + 1
  const after = setWriter(world, i, { next: 'clean up', version })
  return stepOf(`w${i} commits v${version}`, { ...after, committed: version })
}

export function spend(world: World, fault: keyof Faults): World {
  return { ...world, faults: { ...world.faults, [fault]: world.faults[fault] - 1 } }
}

/** A token for a claim that is about to be made. */
export function freeToken({ cache, replica, readers }: World): number {
  return newToken(replica === undefined ? [cache] : [cache, replica], readers)
}

function crash(world: World, i: number): Step<World>[] {
  const { next } = writerOf(world, i)
  if (next === 'commit under way') {
    const label = `v${world.committed + 1} of w${i} reaches the database`
    return [stepOf(label, { ...setWriter(world, i, { next: 'crashed' }), committed: world.committed + 1 })]
  }
  if (world.faults.crashes === 0 || (next !== 'commit' && next !== 'clean up')) return []
  const after = next === 'commit' ? 'commit under way' : 'crashed'
  return [stepOf(`w${i} CRASHES`, setWriter(spend(world, 'crashes'), i, { next: after, version: 0 }))]
}

function evict(world: World): Step<World>[] {
  if (world.faults.evictions === 0 || world.cache.kind === 'empty') return []
  return [stepOf(`EVICTION of the ${describe(world.cache)}`, { ...spend(world, 'evictions'), cache: EMPTY })]
}

function failOver(world: World, protocol: Protocol): Step<World>[] {
  if (world.faults.failovers === 0) return []
  if (protocol.keysCarryRunId) {
    return [
      stepOf('FAIL-OVER to a Redis with another run id', { ...spend(world, 'failovers'), cache: EMPTY }),
    ]
  }
  if (world.replica === undefined)
    return [stepOf('the replica has got this far', { ...world, replica: world.cache })]
  const after = { ...spend(world, 'failovers'), cache: world.replica, replica: undefined }
  return [stepOf('FAIL-OVER to the lagging replica', after)]
}

/** Readers are alike and writers are alike, so each group is written in sorted order, with its own tokens beside it. */
function writeKey(world: World, key: StateKey): void {
  key.put(world.committed, 2)
  key.put(world.told.acknowledged, 2)
  key.put(world.told.shown, 2)
  for (const left of Object.values(world.faults)) key.put(left, 2)
  for (const entry of [world.cache, world.replica]) {
    key.put(entry === undefined ? 0 : 1 + ENTRY_KINDS.indexOf(entry.kind), 3)
    key.put(entry?.kind === 'value' ? entry.version : 0, 2)
    key.put(entry?.kind === 'mark' && entry.tainted ? 1 : 0, 1)
  }
  key.put(isSameClaim(world) ? 1 : 0, 1)
  for (const code of world.readers.map((reader) => readerCode(world, reader)).sort(ascending))
    key.put(code, 14)
  for (const code of world.writers.map((writer, i) => writerCode(world, writer, i)).sort(ascending))
    key.put(code, 7)
}

function readerCode(world: World, { next, readsLeft, before, version, token }: Reader): number {
  const tokens = claimBit(world.cache, token) | (claimBit(world.replica, token) << 1)
  const told = (before.acknowledged << 2) | before.shown
  return (READER_STEPS.indexOf(next) << 11) | (readsLeft << 9) | (told << 5) | (version << 3) | tokens
}

function writerCode(world: World, { next, version }: Writer, i: number): number {
  const tokens = markBit(world.cache, i) | (markBit(world.replica, i) << 1)
  return (WRITER_STEPS.indexOf(next) << 4) | (version << 2) | tokens
}

function claimBit(entry: Entry | undefined, token: number): number {
  return entry?.kind === 'claim' && entry.token === token ? 1 : 0
}

/** Whoever reads its token in one of them may fill in the other. */
function isSameClaim({ cache, replica }: World): boolean {
  return cache.kind === 'claim' && replica?.kind === 'claim' && cache.token === replica.token
}

function markBit(entry: Entry | undefined, writer: number): number {
  return entry?.kind === 'mark' && (entry.writers & (1 << writer)) !== 0 ? 1 : 0
}

function ascending(a: number, b: number): number {
  return a - b
}
