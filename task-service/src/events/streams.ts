import { PassThrough, type Readable } from 'node:stream'
import createError from '@fastify/error'

/** A change of a task, as its document tells. */
export interface Changed {
  id: string
  version: number
  at: Date
  isDeleted: boolean
}

const TICK_MS = 500
const HEARTBEAT_MS = 15_000
/**
 * Read again each time: longer than a write may take from its time to its end (3 s and 2.5 s), and than clocks of
 * instances are apart.
 */
const OVERLAP_MS = 10_000
/** How far back a stream can go on */
const WINDOW_MS = 3_600_000
const MAX_CHANGES = 1_000
const MAX_UNREAD_BYTES = 65_536
const PER_OWNER = 8
/** After a drain clients come back spread out. */
const RETRY_MS = { least: 500, spread: 4_500 }

const TooManyStreams = createError('too_many_streams', 'You have too many event streams open.', 429)
const StreamsFull = createError(
  'streams_full',
  'Too many event streams at the moment. Please try again.',
  503,
)

/** Whose stream it is, and as long as which session and token it lives. */
export interface Listener {
  owner: string
  sessionId: string
  /** Milliseconds since the epoch */
  expiresAt: number
}

interface Stream extends Listener {
  out: PassThrough
  since: Date
  beatAt: number
  /** Within the overlap, so that nothing is sent twice */
  sent: Map<string, Changed>
}

interface Options {
  /** Changes of an owner's tasks since then, oldest first, so many at most */
  read: (owner: string, since: Date, limit: number) => Promise<Changed[]>
  isSessionEnded: (sessionId: string) => boolean
  isDraining: () => boolean
  maxStreams: number
  onReadFailed: (error: unknown) => void
}

/** Open event streams of one instance. */
export class Streams {
  readonly #options: Options
  readonly #byOwner = new Map<string, Set<Stream>>()
  /** Owners whose changes are being read, and whether there were more meanwhile */
  readonly #reading = new Map<string, { again: boolean }>()
  #timer: NodeJS.Timeout | undefined
  #count = 0

  constructor(options: Options) {
    this.#options = options
  }

  get size(): number {
    return this.#count
  }

  start(): void {
    this.#timer = setInterval(() => this.tick(), TICK_MS)
    this.#timer.unref()
  }

  stop(): void {
    clearInterval(this.#timer)
    for (const stream of this.#all()) this.#end(stream)
  }

  /**
   * @param lastEventId where a stream before it ended
   * @throws TooManyStreams · StreamsFull
   */
  open(listener: Listener, lastEventId: string | undefined): Readable {
    const mine = this.#byOwner.get(listener.owner) ?? new Set()
    if (mine.size >= PER_OWNER) throw new TooManyStreams()
    if (this.#count >= this.#options.maxStreams) throw new StreamsFull()
    const now = Date.now()
    const from = resumedAt(lastEventId, now)
    const since = new Date(from ?? now)
    const stream = { ...listener, out: new PassThrough(), since, beatAt: now, sent: new Map() }
    this.#byOwner.set(listener.owner, mine.add(stream))
    this.#count++
    stream.out.once('close', () => this.#forget(stream))
    const missedSome = lastEventId !== undefined && from === undefined
    send(stream, missedSome ? 'reload' : 'ready', {})
    this.changed(listener.owner)
    return stream.out
  }

  /** Something of an owner's has changed, or may have. */
  changed(owner: string): void {
    const reading = this.#reading.get(owner)
    if (reading) reading.again = true
    else if (this.#byOwner.has(owner)) void this.#deliver(owner)
  }

  /** Reads what everyone may have missed, one owner after another: it is no reason to press on the database. */
  async catchUp(): Promise<void> {
    for (const owner of [...this.#byOwner.keys()]) {
      const reading = this.#reading.get(owner)
      if (reading) reading.again = true
      else await this.#deliver(owner)
    }
  }

  /** Heartbeats, and the end of streams that must not go on. */
  tick(now = Date.now()): void {
    const isDraining = this.#options.isDraining()
    for (const stream of this.#all()) {
      const isOver = now >= stream.expiresAt || this.#options.isSessionEnded(stream.sessionId)
      if (isDraining || isOver || stream.out.readableLength > MAX_UNREAD_BYTES) this.#end(stream)
      else if (now - stream.beatAt >= HEARTBEAT_MS) {
        stream.beatAt = now
        stream.out.write(': heartbeat\n\n')
        // Finds what no hint told of.
        this.changed(stream.owner)
      }
    }
  }

  #all(): Stream[] {
    return [...this.#byOwner.values()].flatMap((streams) => [...streams])
  }

  #end(stream: Stream): void {
    const retry = Math.round(RETRY_MS.least + Math.random() * RETRY_MS.spread)
    stream.out.end(`retry: ${retry}\n\n`)
    this.#forget(stream)
  }

  #forget(stream: Stream): void {
    const mine = this.#byOwner.get(stream.owner)
    if (!mine?.delete(stream)) return
    this.#count--
    if (mine.size === 0) this.#byOwner.delete(stream.owner)
  }

  async #deliver(owner: string): Promise<void> {
    const reading = { again: true }
    this.#reading.set(owner, reading)
    try {
      while (reading.again) {
        reading.again = false
        const streams = [...(this.#byOwner.get(owner) ?? [])]
        if (streams.length === 0) break
        const since = Math.min(...streams.map((stream) => stream.since.getTime())) - OVERLAP_MS
        const changes = await this.#options.read(owner, new Date(since), MAX_CHANGES + 1)
        for (const stream of streams) deliverTo(stream, changes)
      }
    } catch (error) {
      // Read again with the next hint or heartbeat.
      this.#options.onReadFailed(error)
    } finally {
      this.#reading.delete(owner)
    }
  }
}

/** @returns undefined when that is too long ago, or no id of ours */
function resumedAt(lastEventId: string | undefined, now: number): number | undefined {
  if (lastEventId === undefined || !/^\d{1,14}$/.test(lastEventId)) return undefined
  const at = Number(lastEventId)
  return at <= now && now - at <= WINDOW_MS ? at : undefined
}

function send(stream: Stream, event: string, data: object): void {
  stream.out.write(`id: ${stream.since.getTime()}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`)
}

function deliverTo(stream: Stream, changes: Changed[]): void {
  if (changes.length > MAX_CHANGES) {
    stream.since = new Date()
    stream.sent.clear()
    send(stream, 'reload', {})
    return
  }
  const oldest = stream.since.getTime() - OVERLAP_MS
  for (const change of changes) {
    const { id: _id, version, at, isDeleted } = change
    if (at.getTime() < oldest || (stream.sent.get(_id)?.version ?? 0) >= version) continue
    stream.sent.set(_id, change)
    if (at > stream.since) stream.since = at
    send(stream, isDeleted ? 'deleted' : 'changed', { _id, version })
  }
  const kept = stream.since.getTime() - OVERLAP_MS
  for (const [id, { at }] of stream.sent) if (at.getTime() < kept) stream.sent.delete(id)
}
