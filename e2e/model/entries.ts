import type { Version } from './promises.ts'

/** What one key of the cache holds. Tokens of leases and marks are the index of the actor that set them. */
export type Entry =
  | { readonly kind: 'empty' }
  | { readonly kind: 'value'; readonly version: Version }
  | { readonly kind: 'lease'; readonly reader: number }
  | { readonly kind: 'mark'; readonly writers: number; readonly tainted: boolean }

/** A lease whose reader has given up: still there, but nobody can fill it. */
export const NOBODY = -1
export const EMPTY: Entry = { kind: 'empty' }

export function cachedValue(version: Version): Entry {
  return { kind: 'value', version }
}

export function fillLease(reader: number): Entry {
  return { kind: 'lease', reader }
}

export function describe(entry: Entry): string {
  if (entry.kind === 'value') return `v${entry.version}`
  if (entry.kind === 'mark') return entry.tainted ? 'tainted mark' : 'mark'
  return entry.kind
}

/** Script MARK: a second writer taints, the first one drops whatever was there. */
export function mark(entry: Entry, writer: number): Entry {
  if (entry.kind !== 'mark') return { kind: 'mark', writers: 1 << writer, tainted: false }
  return { kind: 'mark', writers: entry.writers | (1 << writer), tainted: true }
}

/** Script UNMARK with write-through: only a writer that was alone from its mark to its commit may leave its value. */
export function unmark(entry: Entry, writer: number, version: Version): Entry {
  if (entry.kind !== 'mark') return EMPTY
  if ((entry.writers & (1 << writer)) === 0) return { ...entry, tainted: true }
  const others = entry.writers & ~(1 << writer)
  if (others !== 0) return { kind: 'mark', writers: others, tainted: true }
  return entry.tainted ? EMPTY : cachedValue(version)
}

/** UNMARK as one would first write it: the last writer leaves its value, whoever else was there. */
export function unmarkWithoutTaint(entry: Entry, writer: number, version: Version): Entry {
  if (entry.kind !== 'mark') return EMPTY
  const others = entry.writers & ~(1 << writer)
  return others === 0 ? cachedValue(version) : { kind: 'mark', writers: others, tainted: false }
}

/** UNMARK without write-through: the last writer deletes, the next reader fills. */
export function unmarkByDeleting(entry: Entry, writer: number): Entry {
  const after = unmark(entry, writer, 0)
  return after.kind === 'value' ? EMPTY : after
}

/** Script FILL: only under the reader's own lease. */
export function fill(entry: Entry, reader: number, version: Version): Entry {
  return entry.kind === 'lease' && entry.reader === reader ? cachedValue(version) : entry
}

/**
 * Script CONFIRM, after a read that did not fill: nothing older than what it is about to show may enter the cache any more.
 * It takes a foreign lease away and taints a mark; a value that is there already is to be answered in its place.
 */
export function confirm(entry: Entry): Entry {
  if (entry.kind === 'lease') return EMPTY
  if (entry.kind === 'mark') return { ...entry, tainted: true }
  return entry
}
