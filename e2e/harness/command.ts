import { execFile } from 'node:child_process'

/** A command that did not end well, with what it said. */
class CommandFailed extends Error {
  readonly output: string

  constructor(command: string, output: string) {
    super(`${command}\n${output.trim().split('\n').slice(-20).join('\n')}`)
    this.output = output
  }
}

const LIMIT_MS = 600_000

interface RunOptions {
  readonly cwd?: string
  /** On top of this process's own */
  readonly env?: Record<string, string>
  /** For its standard input */
  readonly input?: string
}

/**
 * Runs a command to its end.
 * @returns what it wrote to standard output
 * @throws CommandFailed with both outputs when it fails or takes longer than 10 minutes
 */
export function run(command: string, args: string[], options: RunOptions = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = execFile(
      command,
      args,
      { timeout: LIMIT_MS, maxBuffer: 64 << 20, cwd: options.cwd, env: { ...process.env, ...options.env } },
      (error, stdout, stderr) => {
        if (error)
          reject(
            new CommandFailed(
              [command, ...args].join(' '),
              `${stdout}${stderr}${error.code === 'ENOENT' ? error.message : ''}`,
            ),
          )
        else resolve(stdout)
      },
    )
    child.stdin?.end(options.input)
  })
}
