import { CursorInvalid } from '../errors.ts'
import type { Position } from './audit.repository.ts'

const POSITION = /^(\d{1,15})\.([\da-f]{24})$/

/** Opaque to clients, stable while entries are added. */
export function encodeCursor({ at, id }: Position): string {
  return Buffer.from(`${at.getTime()}.${id}`).toString('base64url')
}

/** @throws CursorInvalid */
export function decodeCursor(cursor: string): Position {
  const [, time = '', id = ''] = POSITION.exec(Buffer.from(cursor, 'base64url').toString()) ?? []
  const at = new Date(Number(time))
  if (id === '' || Number.isNaN(at.getTime())) throw new CursorInvalid()
  return { at, id }
}
