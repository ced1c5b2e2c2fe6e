import { randomBytes } from 'node:crypto'

/** Longer than the gateway waits for an instance, so that the gateway's own answer is seen. */
const TIMEOUT_MS = 20_000
/** A list stays shorter than a page, so that one read shows all of it. */
const MAX_TASKS = 20

/** One account of the load. It knows which of its writes were acknowledged, and checks every list against them. */
export class Person {
  readonly #baseUrl: string
  readonly #email = `load-${randomBytes(6).toString('hex')}@example.com`
  readonly #password = randomBytes(18).toString('base64url')
  #token = ''
  /** Acknowledged and not deleted */
  readonly #tasks = new Set<string>()
  /** Deletion acknowledged; the newest ones */
  readonly #deleted: string[] = []
  /** Writes that have begun; a list read meanwhile may show them or not */
  #writes = 0
  #writesBegun = 0

  constructor(baseUrl: string) {
    this.#baseUrl = baseUrl
  }

  /** Makes the account and logs in. */
  async join(): Promise<void> {
    await this.#send('POST', '/auth/register', { email: this.#email, password: this.#password })
    await this.login()
  }

  async login(): Promise<void> {
    const credentials = { email: this.#email, password: this.#password }
    const answer = await this.#send('POST', '/auth/login', credentials)
    this.#token = (answer as { access_token: string }).access_token
  }

  /** @returns how many acknowledged writes the list does not show */
  async read(): Promise<number> {
    const quiet = this.#writes === 0
    const begun = this.#writesBegun
    const list = (await this.#send('GET', '/tasks/')) as { _id: string }[]
    if (!quiet || begun !== this.#writesBegun) return 0
    const shown = new Set(list.map(({ _id }) => _id))
    const missing = [...this.#tasks].filter((id) => !shown.has(id)).length
    return missing + this.#deleted.filter((id) => shown.has(id)).length
  }

  /** Adds a task; with many it deletes the oldest instead. */
  async write(): Promise<void> {
    this.#writes++
    this.#writesBegun++
    try {
      const [oldest] = this.#tasks
      if (this.#tasks.size >= MAX_TASKS && oldest !== undefined) await this.#delete(oldest)
      else await this.#create()
    } finally {
      this.#writes--
    }
  }

  async #create(): Promise<void> {
    const task = await this.#send('POST', '/tasks/', { title: 'Made by the load' })
    this.#tasks.add((task as { _id: string })._id)
  }

  async #delete(id: string): Promise<void> {
    // Until it is acknowledged, a list may show the task or not.
    this.#tasks.delete(id)
    await this.#send('DELETE', `/tasks/${id}`)
    this.#deleted.push(id)
    if (this.#deleted.length > MAX_TASKS) this.#deleted.shift()
  }

  /** @throws Error when there is no answer, or no good one */
  async #send(method: string, path: string, body?: unknown): Promise<unknown> {
    const response = await fetch(`${this.#baseUrl}${path}`, {
      method,
      signal: AbortSignal.timeout(TIMEOUT_MS),
      headers: {
        ...(this.#token && { authorization: `Bearer ${this.#token}` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    const answer = await response.json()
    if (!response.ok) throw new Error(`${method} ${path} was answered with ${response.status}`)
    return answer
  }
}
