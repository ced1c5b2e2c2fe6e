import { signal } from '@preact/signals'
import { type Answer, ApiError, type Call, send } from './client.ts'

/**
 * Kept for this origin, so that a reload and a second tab stay signed in. Scripts of the page can read it: the page
 * loads none but its own, and its Content-Security-Policy lets no other run.
 */
const STORAGE_KEY = 'authdb.session'
const REFRESH_LOCK = 'authdb.refresh'
/** Refreshed before it expires, so that no request has to fail first. */
const EARLY_MS = 30_000

interface Tokens {
  access: string
  refresh: string
  /** `Date.now()` */
  expires: number
}

interface TokenAnswer {
  access_token: string
  refresh_token: string
  expires_in: number
}

export interface User {
  _id: string
  email: string
  name: string | null
  role: 'USER' | 'ADMIN'
}

/** Who is signed in; undefined = nobody, null = not known yet. */
export const user = signal<User | null | undefined>(null)
/** Why the session ended, when it was not asked to */
export const endedBecause = signal('')

function load(): Tokens | undefined {
  try {
    return JSON.parse(localStorage.getItem(STORAGE_KEY) ?? 'null') ?? undefined
  } catch {
    return undefined
  }
}

function store({ access_token, refresh_token, expires_in }: TokenAnswer): Tokens {
  const tokens = {
    access: access_token,
    refresh: refresh_token,
    expires: Date.now() + expires_in * 1_000,
  }
  localStorage.setItem(STORAGE_KEY, JSON.stringify(tokens))
  return tokens
}

function forget(reason = ''): void {
  localStorage.removeItem(STORAGE_KEY)
  endedBecause.value = reason
  user.value = undefined
}

/** Browsers keep locks from pages that came by plain http; there, tabs that refresh at once get the same successor. */
function oneTabAtATime<T>(work: () => Promise<T>): Promise<T> {
  return navigator.locks ? navigator.locks.request(REFRESH_LOCK, work) : work()
}

/**
 * One tab refreshes, the others take what it got.
 * @throws ApiError when the refresh token is refused: the session is over
 */
function refreshed(old: Tokens): Promise<Tokens> {
  return oneTabAtATime(async () => {
    const current = load()
    if (!current) throw new ApiError(401, 'signed_out', 'You have signed out in another tab.')
    if (current.access !== old.access) return current
    const call: Call = { method: 'POST', path: '/auth/refresh', body: { refresh_token: current.refresh } }
    return store((await send<TokenAnswer>(call)).data)
  })
}

async function usable(): Promise<Tokens> {
  const tokens = load()
  if (!tokens) throw new ApiError(401, 'signed_out', 'You are not signed in.')
  return tokens.expires - EARLY_MS > Date.now() ? tokens : refreshed(tokens)
}

/** One that is good for a while. @throws ApiError when nobody is signed in any more */
export async function accessToken(): Promise<string> {
  return (await usable()).access
}

function isOver(error: unknown): error is ApiError {
  return error instanceof ApiError && error.status === 401
}

/**
 * A request as the one who is signed in; an access token that is refused is refreshed once.
 * @throws ApiError
 */
export async function sendSigned<T>(call: Call): Promise<Answer<T>> {
  try {
    const tokens = await usable()
    try {
      return await send<T>({ ...call, token: tokens.access })
    } catch (error) {
      if (!isOver(error)) throw error
      return await send<T>({ ...call, token: (await refreshed(tokens)).access })
    }
  } catch (error) {
    if (isOver(error)) forget('Your session has ended. Please sign in again.')
    throw error
  }
}

async function loadUser(): Promise<void> {
  user.value = (await sendSigned<User>({ path: '/auth/me' })).data
}

/** @throws ApiError; `otp_required` where a second factor is set up */
export async function signIn(email: string, password: string, otp = ''): Promise<void> {
  const body = { email, password, ...(otp && { otp }) }
  store((await send<TokenAnswer>({ method: 'POST', path: '/auth/login', body })).data)
  endedBecause.value = ''
  await loadUser()
}

/** Makes an account and signs in. @throws ApiError */
export async function signUp(email: string, password: string, name: string): Promise<void> {
  const body = { email, password, ...(name && { name }) }
  await send({ method: 'POST', path: '/auth/register', body })
  await signIn(email, password)
}

/** Signs out on this page at once, even when the service does not answer: the session then expires by itself. */
export async function signOut(): Promise<void> {
  const tokens = load()
  forget()
  if (tokens) await send({ method: 'POST', path: '/auth/logout', token: tokens.access }).catch(() => {})
}

/** After a reload. Without an answer the tokens are kept: the system may come back. */
export async function resume(): Promise<void> {
  if (!load()) user.value = undefined
  else
    await loadUser().catch((error: ApiError) => {
      if (user.value !== undefined) forget(error.status === 401 ? '' : error.message)
    })
  addEventListener('storage', ({ key, newValue }) => {
    if (key !== STORAGE_KEY) return
    if (newValue === null) user.value = undefined
    else if (!user.peek()) void loadUser()
  })
}
