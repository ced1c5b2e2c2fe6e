import { CursorInvalid } from '../errors.ts'

const HEX_ID = /^[\da-f]{24}$/
const MAX_LENGTH = 64

/** Where a page ended: lists are newest first, the id decides between tasks of one millisecond. */
export interface Position {
  createdAt: Date
  id: string
}

/** Opaque to clients, stable while tasks are added. It says where to go on, never what one may see. */
export function encodeCursor({ createdAt, id }: Position): string {
  return Buffer.from(`${createdAt.getTime()}.${id}`).toString('base64url')
}

/** @throws CursorInvalid */
export function decodeCursor(cursor: string): Position {
  if (cursor.length > MAX_LENGTH) throw new CursorInvalid()
  const [time = '', id = '', ...rest] = Buffer.from(cursor, 'base64url').toString('latin1').split('.')
  const createdAt = new Date(/^\d{1,14}$/.test(time) ? Number(time) : Number.NaN)
  if (rest.length > 0 || !HEX_ID.test(id) || Number.isNaN(createdAt.getTime())) throw new CursorInvalid()
  return { createdAt, id }
}
