import { CursorInvalid } from '../errors.ts'
import type { Position, SortKey } from './task-query.ts'

const HEX_ID = /^[\da-f]{24}$/
/** A folded title can be long; a URL cannot be longer than 16 KiB. */
const MAX_LENGTH = 8_192
const DATES: readonly SortKey[] = ['created_at', 'updated_at', 'due_at']

const toBase64 = (text: string) => Buffer.from(text).toString('base64url')

/** Opaque to clients, stable while tasks are added. It says where to go on, never what one may see. */
export function encodeCursor(by: SortKey, { value, id }: Position): string {
  // The form that cursors had when there was but one order; they are still out there.
  if (by === 'created_at') return toBase64(`${(value as Date).getTime()}.${id}`)
  return toBase64(JSON.stringify([by, value instanceof Date ? value.getTime() : value, id]))
}

function toDate(milliseconds: number): Date {
  const date = new Date(milliseconds)
  if (Number.isNaN(date.getTime())) throw new CursorInvalid()
  return date
}

function decodeCreated(text: string): Position {
  const [time = '', id = '', ...rest] = text.split('.')
  if (rest.length > 0 || !/^\d{1,14}$/.test(time) || !HEX_ID.test(id)) throw new CursorInvalid()
  return { value: toDate(Number(time)), id }
}

function toValue(by: SortKey, value: unknown): Position['value'] {
  if (value === null) return null
  if (by === 'title' && typeof value === 'string') return value
  if (by === 'title' || !Number.isSafeInteger(value)) throw new CursorInvalid()
  return DATES.includes(by) ? toDate(Number(value)) : Number(value)
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new CursorInvalid({ cause })
  }
}

/** @param by what the list is sorted by; a cursor of another order is none. @throws CursorInvalid */
export function decodeCursor(by: SortKey, cursor: string): Position {
  if (cursor.length > MAX_LENGTH) throw new CursorInvalid()
  const text = Buffer.from(cursor, 'base64url').toString()
  if (by === 'created_at') return decodeCreated(text)
  const parts = parse(text)
  if (!Array.isArray(parts)) throw new CursorInvalid()
  const [key, value, id, ...rest] = parts
  if (key !== by || typeof id !== 'string' || !HEX_ID.test(id) || rest.length > 0) throw new CursorInvalid()
  return { value: toValue(by, value), id }
}
