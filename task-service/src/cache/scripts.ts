/**
 * The cached string of one owner; its first byte is its state:
 *   V + page                      a value
 *   L + token                     a claim: any reader that saw it before reading MongoDB may store; the first to finish does
 *   M + taint (0|1) + tokens      a mark: writes are in progress; tainted = nobody may store when the last of them ends
 * Anything else is a value in the form of another release: never shown, and removed by CONFIRM.
 * Tokens have one length and end in `;`, so that no token is found inside another.
 */

/** A reader that found nothing. → nothing: it may fill under its own claim · what another one has put there meanwhile */
export const CLAIM = `
local value = redis.call('GET', KEYS[1])
if value then return value end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return false
`

/** A write begins. → 0 it is alone · 1 it has joined others, all are tainted · -1 too many writers, no mark was set */
export const MARK = `
if redis.call('GETRANGE', KEYS[1], 0, 0) ~= 'M' then
  redis.call('SET', KEYS[1], 'M0' .. ARGV[1], 'PX', ARGV[2])
  return 0
end
local mark = redis.call('GET', KEYS[1])
if string.find(mark, ARGV[1], 3, true) then
  return tonumber(string.sub(mark, 2, 2))
end
if #mark > tonumber(ARGV[3]) then return -1 end
redis.call('SET', KEYS[1], 'M1' .. string.sub(mark, 3) .. ARGV[1], 'PX', ARGV[2])
return 1
`

/**
 * A write is over. ARGV[2] is the new value, or empty. → stored · dropped · waiting (others write) · tainted
 * Without its own token, a reader or a write may have come between: whatever is cached goes.
 */
export const UNMARK = `
if redis.call('GETRANGE', KEYS[1], 0, 0) ~= 'M' then
  redis.call('DEL', KEYS[1])
  return 'dropped'
end
local mark = redis.call('GET', KEYS[1])
local from, to = string.find(mark, ARGV[1], 3, true)
if not from then
  redis.call('SETRANGE', KEYS[1], 1, '1')
  return 'tainted'
end
local others = string.sub(mark, 3, from - 1) .. string.sub(mark, to + 1)
if others ~= '' then
  redis.call('SET', KEYS[1], 'M1' .. others, 'KEEPTTL')
  return 'waiting'
end
if string.sub(mark, 2, 2) == '1' or ARGV[2] == '' then
  redis.call('DEL', KEYS[1])
  return 'dropped'
end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 'stored'
`

/**
 * The outcome of a write is unknown: it may still take effect. Its token becomes the shared token `*;`, which nobody
 * removes: readers stay off the cache until the mark's life has passed.
 */
export const ABANDON = `
local others = ''
if redis.call('GETRANGE', KEYS[1], 0, 0) == 'M' then
  local mark = redis.call('GET', KEYS[1])
  others = string.sub(mark, 3)
  local from, to = string.find(others, ARGV[1], 1, true)
  if from then others = string.sub(others, 1, from - 1) .. string.sub(others, to + 1) end
  from, to = string.find(others, '*;', 1, true)
  if from then others = string.sub(others, 1, from - 1) .. string.sub(others, to + 1) end
end
redis.call('SET', KEYS[1], 'M1*;' .. others, 'PX', ARGV[2])
`

/**
 * After a read that neither hit nor filled: nothing older than what it is about to show may enter the cache any more.
 * → the value that is there, which is to be shown in its place · nothing
 */
const CONFIRM_BODY = `
local state = redis.call('GETRANGE', KEYS[1], 0, 0)
if state == 'V' then return redis.call('GET', KEYS[1]) end
if state == 'M' then
  redis.call('SETRANGE', KEYS[1], 1, '1')
else
  redis.call('DEL', KEYS[1])
end
return false
`
export const CONFIRM = CONFIRM_BODY

/**
 * Stores only if the claim seen before reading MongoDB is still there: no write has begun since. Else it is CONFIRM.
 * → 1 stored · as CONFIRM
 */
export const FILL = `
if redis.call('GET', KEYS[1]) == ARGV[1] then
  redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
  return 1
end
${CONFIRM_BODY}`
