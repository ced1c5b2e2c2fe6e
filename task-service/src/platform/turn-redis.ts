import { type Command, Redis, type RedisOptions } from 'ioredis'

interface Turn {
  /** Monotonic milliseconds at its first command */
  readonly since: number
  readonly commands: Command[]
}

/**
 * A client whose commands of one event-loop turn leave in one write, since each write wakes another process, and share
 * one time limit, which starts with the first of them. Without that each command has a write and a timer of its own.
 */
export class TurnRedis extends Redis {
  readonly #limitMs: number
  #turn: Turn | undefined
  /** Turns with commands that may be unanswered, oldest first */
  #open: Turn[] = []
  #timer: NodeJS.Timeout | undefined

  /** @param limitMs a command that is not answered by then fails */
  constructor(url: string, limitMs: number, options: Omit<RedisOptions, 'replyMapping'>) {
    super(url, options)
    this.#limitMs = limitMs
  }

  /** Commands that are kept because they may be unanswered */
  get kept(): number {
    return this.#open.reduce((sum, { commands }) => sum + commands.length, 0)
  }

  override sendCommand(command: Command, stream?: Parameters<Redis['sendCommand']>[1]): unknown {
    this.#turn ??= this.#begin()
    this.#turn.commands.push(command)
    return super.sendCommand(command, stream)
  }

  #begin(): Turn {
    const turn = { since: performance.now(), commands: [] }
    const { stream } = this
    stream?.cork()
    setImmediate(() => {
      this.#turn = undefined
      stream?.uncork()
    })
    this.#forgetAnswered()
    this.#open.push(turn)
    this.#timer ??= setTimeout(() => this.#judge(), this.#limitMs).unref()
    return turn
  }

  /** Redis answers in order. What has its answer, and the answer itself, would be kept until the limit otherwise. */
  #forgetAnswered(): void {
    while (this.#open[0]?.commands.every(({ isSettled }) => isSettled)) this.#open.shift()
  }

  /** Runs about once in the time of a limit, however many turns there are: most are answered long before. */
  #judge(): void {
    const late = performance.now() - this.#limitMs
    const isOver = ({ since, commands }: Turn) =>
      since <= late || commands.every(({ isSettled }) => isSettled)
    const first = this.#open.findIndex((turn) => !isOver(turn))
    const over = first === -1 ? this.#open.splice(0) : this.#open.splice(0, first)
    const [next] = this.#open
    this.#timer = next && setTimeout(() => this.#judge(), Math.ceil(next.since - late)).unref()
    for (const { commands } of over)
      for (const command of commands) if (!command.isSettled) command.reject(new Error('Command timed out'))
  }
}
