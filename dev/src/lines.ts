import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'

/** @param source the name of the process that printed the line */
export type LineHandler = (source: string, line: string, stream: 'stdout' | 'stderr') => void

export function readLines(stream: Readable, onLine: (line: string) => void): void {
  createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY }).on('line', onLine)
}
