/** Where node opens its inspector when it gets SIGUSR1. */
const INSPECTOR_PORT = 9229

/**
 * Ends a node process from beside it as a crash would: at once, without a signal that it could handle. The first process
 * of a container does not even get SIGKILL from inside, but on SIGUSR1 it opens its inspector, which may do anything.
 * It travels as its own source text, so it knows nothing but its parameters.
 */
async function endThroughInspector(pid: number, port: number): Promise<void> {
  const limit = Date.now() + 60_000
  async function debuggerUrl(): Promise<string> {
    try {
      const response = await fetch(`http://127.0.0.1:${port}/json/list`)
      const [target] = (await response.json()) as [{ webSocketDebuggerUrl: string }]
      return target.webSocketDebuggerUrl
    } catch (error) {
      if (Date.now() > limit) throw error
      await new Promise((resolve) => setTimeout(resolve, 50))
      return debuggerUrl()
    }
  }

  process.kill(pid, 'SIGUSR1')
  const socket = new WebSocket(await debuggerUrl())
  // A process that ends waits for its debugger to leave: so it ends a moment after that.
  const expression = 'void setTimeout(() => process.reallyExit(137), 200)'
  await new Promise<void>((resolve) => {
    socket.onopen = () =>
      socket.send(JSON.stringify({ id: 1, method: 'Runtime.evaluate', params: { expression } }))
    socket.onmessage = () => socket.close()
    socket.onclose = () => resolve()
  })
}

/** What `node --eval` has to be given, beside a process, to crash it. @param pid the container's first process, when left out */
export function crashScript(pid = 1, port = INSPECTOR_PORT): string {
  return `(${endThroughInspector})(${pid}, ${port})`
}
