import type { Epoch, Member } from './epoch.repository.ts'

const LIVE_MS = 5_000
const FORGET_MS = 60_000

/**
 * Instances that have reported lately, by the server's clock as of the report of `self`. What members say decides when
 * the cache is worth turning on or off, never what is right.
 */
export function liveMembers({ members }: Epoch, self: string): Member[] {
  return Object.values(members).filter((member) => silenceOf(member, members[self]) <= LIVE_MS)
}

/** Ids of those that have not reported for so long that the document need not hold them any more. */
export function forgettableMembers({ members }: Epoch, self: string): string[] {
  const ids = Object.keys(members)
  return ids.filter((id) => silenceOf(members[id] as Member, members[self]) > FORGET_MS)
}

/** Milliseconds from one report to another; none while `self` has not reported itself. */
function silenceOf({ at }: Member, self: Member | undefined): number {
  return self ? self.at.getTime() - at.getTime() : 0
}
