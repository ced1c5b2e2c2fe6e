import { EMPTY, type Entry } from './entries.ts'
import type { Instance, Reader, ReaderStep, System, Writer, WriterKind, WriterStep } from './epoch-state.ts'
import type { StateKey } from './visited-states.ts'

const READER_STEPS: readonly ReaderStep[] = [
  'idle',
  'check',
  'claim',
  'read and fill',
  'fill',
  'read only',
  'confirm',
]
const WRITER_STEPS: readonly WriterStep[] = [
  'begin',
  'commit',
  'load',
  'unmark',
  'check',
  'again',
  'late unmark',
  'abandon',
  'done',
  'crashed',
]
const WRITER_KINDS: readonly WriterKind[] = ['one', 'keyed', 'bulk']
const ENTRY_KINDS = ['empty', 'value', 'claim', 'mark']
/** Of a reader, a writer or the state of an instance */
const CODE_BITS = 25
/** Slots 0 .. 5: three epochs with a cache. */
const SLOT_BITS = 3
const SLOTS = 6

/** Instances with the same actors are alike, as are the actors of one instance: all are written in sorted order. */
export function writeEpochKey(system: System, key: StateKey): void {
  const { document, told, faults, keyed } = system
  key.put(document.epoch, 3)
  for (let epoch = 1; epoch <= system.lastEpoch; epoch += 2) key.put(document.runs[epoch] ?? 0, 2)
  key.put(document.settled ? 1 : 0, 1)
  key.put(system.firstRunAlive ? 1 : 0, 1)
  key.put(system.readsLeft, 3)
  key.put((system.committed << 4) | (told.acknowledged << 2) | told.shown, 6)
  key.put((keyed.version << 1) | (keyed.announced ? 1 : 0), 3)
  for (const left of Object.values(faults)) key.put(left, 2)
  const entries = livingEntries(system)
  for (const entry of entries) key.put(entryCode(entry), 5)
  const blocks = system.instances.map((instance, i) => blockOf(system, entries, instance, i))
  for (const block of blocks.sort(compareBlocks)) for (const code of block) key.put(code, CODE_BITS)
}

/** What an epoch left behind that nobody can use any more makes no difference. */
function livingEntries(system: System): readonly Entry[] {
  if (system.document.epoch === 1) return system.entries
  let inUse = 1 << system.document.epoch
  for (const { lease } of system.instances) if (lease) inUse |= 1 << lease.epoch
  for (const { epoch } of system.readers) inUse |= 1 << epoch
  for (const { epoch } of system.writers) inUse |= 1 << epoch
  return system.entries.map((entry, slot) => ((inUse & (1 << (slot - (slot % 2) + 1))) !== 0 ? entry : EMPTY))
}

function entryCode(entry: Entry): number {
  const bits = entry.kind === 'mark' ? (entry.tainted ? 1 : 0) | (entry.abandoned ? 2 : 0) : 0
  const detail = entry.kind === 'value' ? entry.version : bits
  return (ENTRY_KINDS.indexOf(entry.kind) << 2) | detail
}

function blockOf(
  system: System,
  entries: readonly Entry[],
  { lease, reaches }: Instance,
  i: number,
): number[] {
  const state = (lease ? (lease.epoch << 1) | (lease.settled ? 1 : 0) : 0) * 4 + (reaches ?? 0)
  const readers = system.readers.map((reader) => (reader.instance === i ? readerCode(entries, reader) : -1))
  const writers = system.writers.map((writer, w) =>
    writer.instance === i ? writerCode(entries, writer, w) : -1,
  )
  return [
    state,
    ...readers.filter((code) => code >= 0).sort(ascending),
    ...writers.filter((code) => code >= 0).sort(ascending),
  ]
}

/** Of a token only the place matters where it is still good for a fill. */
function readerCode(entries: readonly Entry[], { next, before, epoch, version, token }: Reader): number {
  const slot = entries.findIndex((entry) => entry.kind === 'claim' && entry.token === token) + 1
  const versions = (before.acknowledged << 4) | (before.shown << 2) | version
  return (((((READER_STEPS.indexOf(next) << 6) | versions) << 3) | epoch) << SLOT_BITS) | slot
}

function writerCode(
  entries: readonly Entry[],
  { kind, next, left, unknown, pending, epoch, alone, version, page }: Writer,
  w: number,
): number {
  let marks = 0
  for (const [slot, entry] of entries.entries()) {
    if (entry.kind === 'mark' && (entry.writers & (1 << w)) !== 0) marks |= 1 << slot
  }
  const commits = (left << 2) | (unknown ? 2 : 0) | (pending ? 1 : 0)
  const what = (((WRITER_KINDS.indexOf(kind) << 4) | commits) << 4) | WRITER_STEPS.indexOf(next)
  const progress = (what << 1) | (alone ? 1 : 0)
  return (((((progress << 4) | (version << 2) | page) << 3) | epoch) << SLOTS) | marks
}

function compareBlocks(a: readonly number[], b: readonly number[]): number {
  if (a.length !== b.length) return a.length - b.length
  for (const [i, code] of a.entries()) {
    const difference = code - (b[i] as number)
    if (difference !== 0) return difference
  }
  return 0
}

function ascending(a: number, b: number): number {
  return a - b
}
