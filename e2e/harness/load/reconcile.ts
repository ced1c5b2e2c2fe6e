/** A task that somebody asked for; titles are unique for each owner. */
export interface Post {
  readonly owner: number
  readonly title: string
}

export interface Reconciliation {
  /** Answered with 201, and in no list */
  readonly lost: readonly string[]
  /** In a list more than once, whatever the answer was */
  readonly doubled: readonly string[]
  /** In a list, though nobody asked for it */
  readonly invented: readonly string[]
  readonly acknowledged: number
  /** Found, though the answer was no 201: allowed, the answer was lost on its way */
  readonly unacknowledgedButThere: number
}

/**
 * Holds what was acknowledged against what is there.
 * @param posted every POST that was sent, also those without an answer
 * @param found the titles in the lists of each owner, by its index
 */
export function reconcile(
  posted: readonly Post[],
  acknowledged: readonly Post[],
  found: readonly (readonly string[])[],
): Reconciliation {
  const nameOf = ({ owner, title }: Post) => `${owner}: ${title}`
  const asked = new Set(posted.map(nameOf))
  const promised = new Set(acknowledged.map(nameOf))
  const counts = new Map<string, number>()
  for (const [owner, titles] of found.entries()) {
    for (const title of titles) {
      const name = nameOf({ owner, title })
      counts.set(name, (counts.get(name) ?? 0) + 1)
    }
  }
  const there = [...counts.keys()]
  return {
    lost: [...promised].filter((name) => !counts.has(name)),
    doubled: there.filter((name) => (counts.get(name) ?? 0) > 1),
    invented: there.filter((name) => !asked.has(name)),
    acknowledged: promised.size,
    unacknowledgedButThere: there.filter((name) => asked.has(name) && !promised.has(name)).length,
  }
}
