import { readEvents } from '../control/event-stream.ts'
import { accessToken } from './session.ts'
import { tasks } from './tasks.ts'

/** Changes that are heard together lead to one look; by its end, one's own change is in the list already. */
const SETTLE_MS = 300
const SHORTEST_PAUSE_MS = 1_000
const LONGEST_PAUSE_MS = 30_000

interface Change {
  name: string
  _id: string
  version: number
}

function isNews({ name, _id, version }: Change): boolean {
  const known = tasks.peek()?.find((task) => task._id === _id)
  if (name === 'deleted') return known !== undefined
  return name === 'reload' || known === undefined || known.version < version
}

/** Doubles with each failure; a random part keeps the pages of a restarted instance apart. */
function pause(failures: number, signal: AbortSignal): Promise<void> {
  const longest = Math.min(LONGEST_PAUSE_MS, SHORTEST_PAUSE_MS * 2 ** failures)
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, longest * (0.5 + Math.random() / 2))
    signal.addEventListener('abort', () => {
      clearTimeout(timer)
      resolve()
    })
  })
}

async function openStream(signal: AbortSignal): Promise<Response> {
  const headers = { authorization: `Bearer ${await accessToken()}` }
  return fetch('/tasks/events', { headers, credentials: 'omit', cache: 'no-store', signal })
}

/**
 * Listens until `signal` says so, and again whenever the stream ends: with the access token, and with its instance.
 * @param look reads the list: what happened while there was no stream was told to nobody, and a token that is refused may mean that
 * the session has ended
 */
async function listen(
  onChange: (change: Change) => void,
  look: () => void,
  signal: AbortSignal,
): Promise<void> {
  for (let failures = 0; !signal.aborted; failures++) {
    try {
      const { ok, status, body } = await openStream(signal)
      if (failures > 0 || status === 401) look()
      if (!ok || !body) throw new Error(`The stream was answered with ${status}.`)
      failures = 0
      await readEvents(body, (name, data) => onChange({ ...(data as Omit<Change, 'name'>), name }))
    } catch {
      // No message to the person: reading the list shows any problem that matters.
    }
    await pause(failures, signal)
  }
}

/**
 * Tells of changes to one's tasks that are not in the list yet, made in another tab or on another machine, while the page is seen.
 * @returns ends it
 */
export function followChanges(onNews: () => void): () => void {
  const heard: Change[] = []
  let timer: ReturnType<typeof setTimeout> | undefined
  let leave: AbortController | undefined

  function onChange(change: Change): void {
    heard.push(change)
    timer ??= setTimeout(() => {
      timer = undefined
      if (heard.splice(0).some(isNews)) onNews()
    }, SETTLE_MS)
  }

  function stop(): void {
    leave?.abort()
    clearTimeout(timer)
    timer = undefined
  }

  /** A person may have more tabs than streams. */
  function whileSeen(): void {
    stop()
    if (document.visibilityState !== 'visible') return
    leave = new AbortController()
    void listen(onChange, onNews, leave.signal)
  }

  whileSeen()
  document.addEventListener('visibilitychange', whileSeen)
  return () => {
    document.removeEventListener('visibilitychange', whileSeen)
    stop()
  }
}
