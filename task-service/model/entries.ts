import type { Version } from './promises.ts'

/** What one key of the cache holds. The token of a mark is the index of its writer, that of a claim a number of its own. */
export type Entry =
  | { readonly kind: 'empty' }
  | { readonly kind: 'value'; readonly version: Version }
  | { readonly kind: 'claim'; readonly token: number }
  | {
      readonly kind: 'mark'
      /** Bit set of the writers in progress */
      readonly writers: number
      /** Holds the token of writes whose outcome is unknown, which nobody removes. */
      readonly abandoned: boolean
      readonly tainted: boolean
    }

/** What a script leaves behind, and what it answers. The scripts are those of src/cache/scripts.ts, and held against these. */
export interface Done<Answer> {
  readonly entry: Entry
  readonly answer: Answer
  /** From when on the entry lives: from now on, for the life of its kind, or `kept` as it was */
  readonly life: 'new' | 'kept'
}

/** The token of who may not fill. */
export const NO_TOKEN = 0
export const EMPTY: Entry = { kind: 'empty' }

export function cachedValue(version: Version): Entry {
  return { kind: 'value', version }
}

export function claimOf(token: number): Entry {
  return { kind: 'claim', token }
}

/** A token that nobody has, and no entry. */
export function newToken(entries: readonly Entry[], readers: readonly { readonly token: number }[]): number {
  const used = new Set(readers.map(({ token }) => token))
  for (const entry of entries) if (entry.kind === 'claim') used.add(entry.token)
  let token = NO_TOKEN + 1
  while (used.has(token)) token++
  return token
}

export function describe(entry: Entry): string {
  if (entry.kind === 'value') return `v${entry.version}`
  if (entry.kind === 'mark') return entry.tainted ? 'tainted mark' : 'mark'
  return entry.kind
}

function done<Answer>(entry: Entry, answer: Answer, life: 'new' | 'kept' = 'new'): Done<Answer> {
  return { entry, answer, life }
}

/** Script CLAIM: only where there is nothing. */
export function claim(entry: Entry, token: number): Done<'claimed' | Entry> {
  return entry.kind === 'empty' ? done(claimOf(token), 'claimed') : done(entry, entry, 'kept')
}

/** Script MARK: a second writer taints, the first one drops whatever was there, one that repeats itself changes nothing. */
export function mark(entry: Entry, writer: number): Done<'alone' | 'joined'> {
  const bit = 1 << writer
  if (entry.kind !== 'mark')
    return done({ kind: 'mark', writers: bit, abandoned: false, tainted: false }, 'alone')
  if ((entry.writers & bit) !== 0) return done(entry, entry.tainted ? 'joined' : 'alone', 'kept')
  return done({ ...entry, writers: entry.writers | bit, tainted: true }, 'joined')
}

/** Script UNMARK; `version` is what write-through would leave: only a writer that was alone from its mark on may. */
export function unmark(
  entry: Entry,
  writer: number,
  version: Version | undefined,
): Done<'dropped' | 'tainted' | 'waiting' | 'stored'> {
  if (entry.kind !== 'mark') return done(EMPTY, 'dropped')
  const bit = 1 << writer
  if ((entry.writers & bit) === 0) return done({ ...entry, tainted: true }, 'tainted', 'kept')
  const writers = entry.writers & ~bit
  if (writers !== 0 || entry.abandoned) return done({ ...entry, writers, tainted: true }, 'waiting', 'kept')
  return entry.tainted || version === undefined
    ? done(EMPTY, 'dropped')
    : done(cachedValue(version), 'stored')
}

/** Script ABANDON: the mark stays for a whole life, whoever else unmarks. */
export function abandon(entry: Entry, writer: number): Done<undefined> {
  const writers = entry.kind === 'mark' ? entry.writers & ~(1 << writer) : 0
  return done({ kind: 'mark', writers, abandoned: true, tainted: true }, undefined)
}

/**
 * Script CONFIRM, after a read that did not fill: nothing older than what it is about to show may enter the cache any more.
 * It takes another claim away and taints a mark; a value that is there already is to be answered in its place.
 */
export function confirm(entry: Entry): Done<Version | undefined> {
  if (entry.kind === 'value') return done(entry, entry.version, 'kept')
  if (entry.kind === 'mark') return done({ ...entry, tainted: true }, undefined, 'kept')
  return done(EMPTY, undefined)
}

/** Script FILL: only under the claim that was there before the database was read; else it is CONFIRM. */
export function fill(entry: Entry, token: number, version: Version): Done<'stored' | Version | undefined> {
  return isClaimedBy(entry, token) ? done(cachedValue(version), 'stored') : confirm(entry)
}

export function isClaimedBy(entry: Entry, token: number): boolean {
  return entry.kind === 'claim' && entry.token === token
}

/** UNMARK as one would first write it: the last writer leaves its value, whoever else was there. */
export function unmarkWithoutTaint(entry: Entry, writer: number, version: Version): Entry {
  if (entry.kind !== 'mark') return EMPTY
  const writers = entry.writers & ~(1 << writer)
  return writers === 0 ? cachedValue(version) : { ...entry, writers, tainted: false }
}
