import { createReadStream, createWriteStream } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip, createGzip } from 'node:zlib'
import { History, type Outcome } from './history.ts'
import { RESULTS } from './results.ts'

const FORMAT = 'authdb-history-1'

/** A line for each event, in order: `begin read|write register value ms` and `end operation outcome value ms`. */
function* linesOf(history: History): Generator<string> {
  yield `${FORMAT} ${history.registers}\n`
  for (let index = 0; index < history.eventCount; index++) {
    const { operation, isEnd } = history.event(index)
    const value = history.valueAt(operation)
    if (isEnd) yield `end ${operation} ${history.outcomeOf(operation)} ${value} ${history.endOf(operation)}\n`
    else {
      const kind = history.isWrite(operation) ? 'write' : 'read'
      yield `begin ${kind} ${history.registerOf(operation)} ${value} ${history.startOf(operation)}\n`
    }
  }
}

/** Writes a history, so that it can be judged again: compressed text, about 5 bytes an event. */
export async function writeHistory(history: History, path: string): Promise<void> {
  await pipeline(Readable.from(linesOf(history)), createGzip(), createWriteStream(path))
}

/** Puts a history in which something was found among the results. @returns where it is */
export async function keepHistory(history: History, label: string): Promise<string> {
  await mkdir(RESULTS, { recursive: true })
  const time = new Date().toISOString().replace(/[-:]/g, '').slice(0, 15)
  const path = `${RESULTS}history-${label}-${time}.gz`
  await writeHistory(history, path)
  return path
}

/** @throws Error naming the line that makes no sense */
export async function readHistory(path: string): Promise<History> {
  const lines = createInterface({
    input: createReadStream(path).pipe(createGunzip()),
    crlfDelay: Number.POSITIVE_INFINITY,
  })
  let [number, time] = [0, 0]
  let history: History | undefined
  for await (const line of lines) {
    number++
    const words = line.split(' ')
    try {
      if (history !== undefined) {
        time = Number(words.at(-1))
        replay(history, words)
      } else if (words[0] === FORMAT) history = new History(Number(words[1]), () => time)
      else throw new Error(`no ${FORMAT}`)
    } catch (cause) {
      throw new Error(`${path}, line ${number}: ${(cause as Error).message}`, { cause })
    }
  }
  if (history === undefined) throw new Error(`${path} is empty`)
  return history
}

function replay(history: History, [event, first = '', second = '', value = '']: readonly string[]): void {
  if (event === 'begin') {
    const register = Number(second)
    const operation = first === 'write' ? history.beginWrite(register) : history.beginRead(register)
    if (first === 'write' && history.valueAt(operation) !== Number(value))
      throw new Error(`register ${register} would be written ${history.valueAt(operation)}, not ${value}`)
  } else if (event === 'end') {
    const operation = Number(first)
    if (history.isWrite(operation)) history.endWrite(operation, second as Outcome)
    else if (second === 'acknowledged') history.endRead(operation, Number(value))
    else history.failRead(operation)
  } else throw new Error(`"${event}" is no event`)
}
