import type { Version } from './promises.ts'

/** What one key of the cache holds. The token of a mark is the index of its writer, that of a lease a number of its own. */
export type Entry =
  | { readonly kind: 'empty' }
  | { readonly kind: 'value'; readonly version: Version }
  | { readonly kind: 'lease'; readonly token: number }
  | { readonly kind: 'mark'; readonly writers: number; readonly tainted: boolean }

/** The token of who may not fill. */
export const NO_TOKEN = 0
export const EMPTY: Entry = { kind: 'empty' }

export function cachedValue(version: Version): Entry {
  return { kind: 'value', version }
}

export function fillLease(token: number): Entry {
  return { kind: 'lease', token }
}

/** A token that nobody has, and no entry. */
export function newToken(entries: readonly Entry[], readers: readonly { readonly token: number }[]): number {
  const used = new Set(readers.map(({ token }) => token))
  for (const entry of entries) if (entry.kind === 'lease') used.add(entry.token)
  let token = NO_TOKEN + 1
  while (used.has(token)) token++
  return token
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

/** Script FILL: only under the lease that was there before the database was read. */
export function fill(entry: Entry, token: number, version: Version): Entry {
  return entry.kind === 'lease' && entry.token === token ? cachedValue(version) : entry
}

/**
 * Script CONFIRM, after a read that did not fill: nothing older than what it is about to show may enter the cache any more.
 * It takes another lease away and taints a mark; a value that is there already is to be answered in its place.
 */
export function confirm(entry: Entry): Entry {
  if (entry.kind === 'lease') return EMPTY
  if (entry.kind === 'mark') return { ...entry, tainted: true }
  return entry
}
