import type { Epoch, Member } from './ports.ts'
import type { Timing } from './timing.ts'

/**
 * Instances that have reported lately, by the server's clock as of the report of `self`. Reports decide only when
 * switching the cache is worthwhile; correctness never depends on them.
 */
export function liveMembers({ members }: Epoch, self: string, { liveMs }: Timing): Member[] {
  return Object.values(members).filter((member) => silenceOf(member, members[self]) <= liveMs)
}

/** Ids of those that have not reported for so long that the document need not hold them any more. */
export function forgettableMembers({ members }: Epoch, self: string, { forgetMs }: Timing): string[] {
  const ids = Object.keys(members)
  return ids.filter((id) => silenceOf(members[id] as Member, members[self]) > forgetMs)
}

/** Milliseconds from one report to another; none while `self` has not reported itself. */
function silenceOf({ at }: Member, self: Member | undefined): number {
  return self ? self.at.getTime() - at.getTime() : 0
}
