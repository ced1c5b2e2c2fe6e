import { signal } from '@preact/signals'
import { type Exchange, parseCacheStatus } from '../api/exchange.ts'
import { feed } from '../system/feed.ts'
import { type Process, told } from '../system/topology.ts'
import { readEvents } from './event-stream.ts'

/** `none`: this page was not opened from `make dev`, and shows what its own requests tell. */
export type ConnectionState = 'none' | 'connecting' | 'open' | 'lost'
export type Balancing = 'least-connections' | 'round-robin'

/** As the load generator counts; sums since it began, times in milliseconds of the last two seconds */
export interface LoadStats {
  sent: number
  ok: number
  failed: number
  lost: number
  unsent: number
  /** Why the last failed request failed; empty when none has */
  lastFailure: string
  readsPerSecond: number
  readP50: number
  readP99: number
  loginsPerSecond: number
  loginP99: number
}

const STORAGE_KEY = 'authdb.control'
const FRAGMENT = /^#control=(\d{1,5})\.([\w-]+)$/
const AGAIN_MS = 1_000

export const connection = signal<ConnectionState>('none')
export const balancing = signal<Balancing>('least-connections')
export const loadStats = signal<LoadStats | undefined>(undefined)

let control: { origin: string; secret: string } | undefined

/** The secret comes in the fragment, which is sent to no server, and is taken out of the address at once. */
function findControl(): { origin: string; secret: string } | undefined {
  if (FRAGMENT.test(location.hash)) {
    sessionStorage.setItem(STORAGE_KEY, location.hash)
    history.replaceState(null, '', location.pathname + location.search)
  }
  const [, port, secret] = FRAGMENT.exec(sessionStorage.getItem(STORAGE_KEY) ?? '') ?? []
  return port && secret ? { origin: `http://127.0.0.1:${port}`, secret } : undefined
}

interface RequestEvent extends Omit<Exchange, 'own' | 'cache' | 'cacheDetail'> {
  cache?: string
}

function toExchange({ cache, ...request }: RequestEvent): Exchange {
  return { ...request, ...parseCacheStatus(cache), own: false }
}

const HANDLERS: Record<string, (list: unknown[]) => void> = {
  requests: (list) => {
    for (const request of list as RequestEvent[]) feed.add(toExchange(request))
  },
  processes: ([processes]) => {
    told.value = processes as Process[]
  },
  settings: ([settings]) => {
    balancing.value = (settings as { balancing: Balancing }).balancing
  },
  load: ([stats]) => {
    loadStats.value = stats as LoadStats
  },
}

function headers(): Record<string, string> {
  return { authorization: `Bearer ${control?.secret}` }
}

/** Reads until the stream ends. @returns whether it makes sense to try again */
async function read(origin: string): Promise<boolean> {
  const response = await fetch(`${origin}/events`, { headers: headers(), cache: 'no-store' })
  if (response.status === 401) return false
  if (!response.ok || !response.body) return true
  connection.value = 'open'
  await readEvents(response.body, (name, data) => HANDLERS[name]?.(data as unknown[]))
  return true
}

function forget(): void {
  // The secret belongs to an earlier run: the page goes on without the control port.
  sessionStorage.removeItem(STORAGE_KEY)
  control = undefined
  connection.value = 'none'
}

/** Connects, and connects again, for as long as the page is open. */
export async function connect(): Promise<void> {
  control = findControl()
  while (control) {
    connection.value = connection.peek() === 'none' ? 'connecting' : 'lost'
    if (!(await read(control.origin).catch(() => true))) return forget()
    told.value = undefined
    connection.value = 'lost'
    await new Promise((resolve) => setTimeout(resolve, AGAIN_MS))
  }
}

/**
 * Asks the control port of `make dev` to do something.
 * @throws Error with a sentence
 */
export async function command<T = null>(name: string, body: object): Promise<T> {
  if (!control) throw new Error('This page has no control port.')
  const response = await fetch(`${control.origin}/${name}`, {
    method: 'POST',
    headers: { ...headers(), 'content-type': 'application/json' },
    body: JSON.stringify(body),
  }).catch(() => undefined)
  if (!response) throw new Error('make dev does not answer any more.')
  const answer = await response.json()
  if (!response.ok) throw new Error(answer.detail)
  return answer.result
}
