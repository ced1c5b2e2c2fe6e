import { styleText } from 'node:util'
import { printable } from './printable.ts'

const LEVELS: Record<number, string> = {
  10: 'trace',
  20: 'debug',
  30: 'info',
  40: 'warn',
  50: 'error',
  60: 'fatal',
}
const COLOURS = {
  trace: 'gray',
  debug: 'gray',
  info: 'green',
  warn: 'yellow',
  error: 'red',
  fatal: 'red',
} as const
const NAME_WIDTH = 9
/** Fields that every line has, or that are shown in another place of it. */
const SHOWN = new Set([
  'level',
  'time',
  'service',
  'pid',
  'hostname',
  'msg',
  'req_id',
  'method',
  'path',
  'status',
  'ms',
  'seconds',
  'err',
  'trace_id',
])

/** Queries can carry secrets. */
const QUERY = /\?[^\s"]+/g

interface LogRecord {
  level?: number | string
  time?: number | string
  msg?: string
  req_id?: string
  method?: string
  path?: string
  status?: number
  ms?: number
  /** nginx's unit */
  seconds?: number
  err?: { type?: string; message?: string; stack?: string }
  [field: string]: unknown
}

function parse(line: string): LogRecord | undefined {
  if (!line.startsWith('{')) return undefined
  try {
    return JSON.parse(line) as LogRecord
  } catch {
    return undefined
  }
}

function clock(time: number | string | undefined): string {
  const date = new Date(time ?? Date.now())
  const at = Number.isNaN(date.getTime()) ? new Date() : date
  const local = new Date(at.getTime() - at.getTimezoneOffset() * 60_000)
  return local.toISOString().slice(11, 23)
}

function levelName(level: number | string | undefined): keyof typeof COLOURS {
  const name = typeof level === 'number' ? LEVELS[level] : level
  return name !== undefined && name in COLOURS ? (name as keyof typeof COLOURS) : 'info'
}

/** What the record says beside the usual fields, as `name=value`. */
function details(record: LogRecord): string[] {
  return Object.entries(record)
    .filter(([field, value]) => !SHOWN.has(field) && value !== '')
    .map(([field, value]) => `${field}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
}

function sentence(record: LogRecord): string {
  const id = record.req_id ? [`req=${record.req_id}`] : []
  const error = record.err ? [`${record.err.type ?? 'Error'}: ${record.err.message ?? ''}`] : []
  if (record.method && record.path && record.status !== undefined) {
    return [
      record.method,
      record.path,
      record.status,
      `${record.ms ?? (record.seconds ?? 0) * 1000} ms`,
      ...id,
      ...details(record),
      ...error,
    ].join(' ')
  }
  return [record.msg ?? '', ...details(record), ...id, ...error].join(' ')
}

/**
 * One line of the merged log: time, process, level, then a request (method, path, status, ms, request id) or a sentence.
 * What is no log record (a stack trace, a server's own format) is shown as it is. Either can hold what a stranger sent.
 */
export function formatLine(source: string, line: string, colour: boolean): string {
  const paint = (style: Parameters<typeof styleText>[0], text: string) =>
    colour ? styleText(style, text) : text
  const record = parse(line)
  const name = paint('cyan', source.padEnd(NAME_WIDTH))
  if (!record) return `${paint('gray', clock(undefined))} ${name} ${printable(line.replace(QUERY, '?…'))}`
  const level = levelName(record.level)
  return `${paint('gray', clock(record.time))} ${name} ${paint(COLOURS[level], level.padEnd(5))} ${printable(sentence(record))}`
}
