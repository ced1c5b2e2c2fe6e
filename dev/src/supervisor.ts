import { type ChildProcess, type ChildProcessByStdio, execFile, spawn } from 'node:child_process'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { type LineHandler, readLines } from './lines.ts'
import { printable } from './printable.ts'

const GUARD = fileURLToPath(new URL('guard.sh', import.meta.url))
/** Kept per child, to say what it said before it ended unexpectedly. */
const LAST_LINES = 15
/** Longer than a service takes to drain (10 s) on a busy machine. */
const STOP_TIMEOUT_MS = 30_000
/** What stores, services and a gateway write can hold secrets: it is for this user alone. */
const CHILD_UMASK = 0o077

export interface ChildSpec {
  /** How the child is called in the log */
  name: string
  command: string
  args: readonly string[]
  env?: NodeJS.ProcessEnv
  cwd?: string
  /** Where the process itself runs, when `command` is only its client; signals other than SIGTERM go there. */
  container?: string
}

export interface Exit {
  code: number | null
  signal: NodeJS.Signals | null
}

export interface Child {
  readonly name: string
  readonly pid: number
  readonly exited: Promise<Exit>
  isRunning(): boolean
  lastLines(): string[]
  /** To the child and all it started. After SIGTERM, SIGINT, SIGQUIT and SIGKILL its end is expected. */
  signal(signal: NodeJS.Signals): void
  /** SIGTERM, then SIGKILL after `timeoutMs`; resolves when the process has ended. */
  stop(timeoutMs?: number): Promise<void>
}

export interface Supervisor {
  /** @throws Error when the command cannot be started */
  spawn(spec: ChildSpec): Promise<Child>
  /** A new directory for this user alone. Whoever asked removes it; if this process ends before, it is removed as well. */
  temporaryDirectory(): Promise<string>
  /** Ends every child, bounded by `timeoutMs`. */
  stopAll(timeoutMs?: number): Promise<void>
  /** Ends every child at once. */
  killAll(): void
}

export interface SupervisorEvents {
  onLine?: LineHandler
  /** A child ended that nobody had asked to. */
  onUnexpectedExit?: (child: Child, exit: Exit) => void
}

const ENDING = new Set<NodeJS.Signals>(['SIGTERM', 'SIGINT', 'SIGQUIT', 'SIGKILL'])

function lastLinesOf(child: Child): string {
  return child
    .lastLines()
    .map((line) => `\n  | ${printable(line)}`)
    .join('')
}

/** @returns one sentence, followed by the child's last lines */
export function describeExit(child: Child, { code, signal }: Exit): string {
  const how = signal ? `was ended by ${signal}` : `ended with exit code ${code}`
  return `${child.name} ${how} unexpectedly.${lastLinesOf(child)}`
}

/** @returns a sentence to follow another: why a child that runs is not ready, followed by its last lines */
export function describeWait(child: Child, reason: string): string {
  return ` What is seen: ${reason}.${lastLinesOf(child)}`
}

/** A process that ends what is left when this one ends, however it ends; the pipe to it closes by itself. */
function startGuard(): (line: string) => void {
  const guard = spawn('sh', [GUARD], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] })
  guard.unref()
  // The pipe must not keep this process alive either; it is a socket, though typed as a stream.
  ;(guard.stdin as unknown as { unref(): void }).unref()
  guard.stdin.on('error', () => {})
  return (line) => void guard.stdin.write(`${line}\n`)
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal)
  } catch (error) {
    // EPERM is macOS's word for a group of which only a zombie is left.
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'ESRCH' && code !== 'EPERM') throw error
  }
}

/** The umask is the process' own, and inherited when a child starts, which happens within `work`. */
function withUmask<T>(umask: number, work: () => T): T {
  const before = process.umask(umask)
  try {
    return work()
  } finally {
    process.umask(before)
  }
}

function started(process: ChildProcess, spec: ChildSpec): Promise<number> {
  return new Promise((resolve, reject) => {
    process.once('spawn', () => resolve(process.pid as number))
    process.once('error', (error: NodeJS.ErrnoException) => {
      const reason = error.code === 'ENOENT' ? 'there is no such command' : error.message
      reject(new Error(`${spec.name} cannot be started with "${spec.command}": ${reason}.`))
    })
  })
}

/** What a child reports to its supervisor. */
interface ChildEvents {
  onLine: (line: string, stream: 'stdout' | 'stderr') => void
  /** @param expected somebody had asked for it */
  onExit: (child: Child, exit: Exit, expected: boolean) => void
}

function sendSignal(pid: number, container: string | undefined, signal: NodeJS.Signals): void {
  if (container && signal !== 'SIGTERM') execFile('docker', ['kill', '--signal', signal, container])
  else signalGroup(pid, signal)
}

/** Follows a process from its start to its end. */
function follow(
  process: ChildProcessByStdio<null, Readable, Readable>,
  spec: ChildSpec,
  pid: number,
  events: ChildEvents,
): Child {
  const lastLines: string[] = []
  let running = true
  let expected = false
  const exited = new Promise<Exit>((resolve) =>
    process.once('close', (code, signal) => resolve({ code, signal })),
  )
  const child: Child = {
    name: spec.name,
    pid,
    exited,
    isRunning: () => running,
    lastLines: () => [...lastLines],
    signal(signal) {
      if (!running) return
      if (ENDING.has(signal)) expected = true
      sendSignal(pid, spec.container, signal)
    },
    async stop(timeoutMs = STOP_TIMEOUT_MS) {
      child.signal('SIGTERM')
      // A process that was stopped by SIGSTOP hears SIGTERM only when it goes on.
      child.signal('SIGCONT')
      const timer = setTimeout(() => child.signal('SIGKILL'), timeoutMs)
      await exited
      clearTimeout(timer)
    },
  }
  for (const stream of ['stdout', 'stderr'] as const) {
    readLines(process[stream], (line) => {
      lastLines.push(line)
      if (lastLines.length > LAST_LINES) lastLines.shift()
      events.onLine(line, stream)
    })
  }
  // What the child itself had started must not outlive it, nor keep its output open.
  process.once('exit', () => signalGroup(pid, 'SIGKILL'))
  void exited.then((exit) => {
    running = false
    events.onExit(child, exit, expected)
  })
  return child
}

/** Starts processes, each in a group of its own, hands on what they print, and ends all of them. */
export function createSupervisor({ onLine, onUnexpectedExit }: SupervisorEvents = {}): Supervisor {
  const children = new Set<Child>()
  const guard = startGuard()

  return {
    async spawn(spec) {
      const options = { env: spec.env ?? process.env, detached: true, ...(spec.cwd && { cwd: spec.cwd }) }
      const running = withUmask(CHILD_UMASK, () =>
        spawn(spec.command, spec.args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] }),
      )
      const pid = await started(running, spec)
      const guarded = spec.container ? `docker ${spec.container}` : ` ${pid}`
      guard(`+${guarded}`)
      const child = follow(running, spec, pid, {
        onLine: (line, stream) => onLine?.(spec.name, line, stream),
        onExit(ended, exit, expected) {
          children.delete(ended)
          guard(`-${guarded}`)
          if (!expected) onUnexpectedExit?.(ended, exit)
        },
      })
      children.add(child)
      return child
    },
    async temporaryDirectory() {
      const directory = await mkdtemp(join(tmpdir(), 'authdb-'))
      guard(`+directory ${directory}`)
      return directory
    },
    async stopAll(timeoutMs) {
      await Promise.all([...children].map((child) => child.stop(timeoutMs)))
    },
    killAll() {
      for (const child of children) child.signal('SIGKILL')
    },
  }
}
